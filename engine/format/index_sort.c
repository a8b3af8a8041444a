#include "format/index_sort.h"

static void sift_down(uint32_t *index, size_t root, size_t count, weft_index_compare_fn *compare,
                      const void *context)
{
    uint32_t moved = index[root];
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && compare(context, index[child], index[child + 1]) < 0) {
            child++;
        }
        if (compare(context, moved, index[child]) >= 0) {
            break;
        }
        index[root] = index[child];
        root = child;
    }
    index[root] = moved;
}

void weft_index_sort(uint32_t *index, size_t count, weft_index_compare_fn *compare, const void *context)
{
    for (size_t root = count / 2; root > 0; root--) {
        sift_down(index, root - 1, count, compare, context);
    }
    for (size_t last = count; last > 1; last--) {
        uint32_t largest = index[0];
        index[0] = index[last - 1];
        index[last - 1] = largest;
        sift_down(index, 0, last - 1, compare, context);
    }
}
