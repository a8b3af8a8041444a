#include "quant/images.h"

enum { SPLIT = 4, SPLIT_MIN = 8 };

bool weft_images_take(struct weft_images *images, int count, int64_t each, int64_t outputs,
                      const weft_allocator *allocator)
{
    *images = (struct weft_images){.count = count, .each = each, .outputs = outputs};
    images->inputs = weft_block_alloc(allocator, (size_t)count * (size_t)each, sizeof *images->inputs);
    images->logits = weft_block_alloc(allocator, (size_t)count * (size_t)outputs, sizeof *images->logits);
    images->fit = weft_block_alloc(allocator, (size_t)count, sizeof *images->fit);
    images->check = weft_block_alloc(allocator, (size_t)count, sizeof *images->check);
    if (!images->inputs || !images->logits || !images->fit || !images->check) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (count >= SPLIT_MIN && i % SPLIT == SPLIT - 1) {
            images->check[images->check_count++] = i;
        } else {
            images->fit[images->fit_count++] = i;
        }
    }
    return true;
}

void weft_images_free(struct weft_images *images, const weft_allocator *allocator)
{
    weft_block_free(allocator, images->inputs);
    weft_block_free(allocator, images->logits);
    weft_block_free(allocator, images->fit);
    weft_block_free(allocator, images->check);
    *images = (struct weft_images){0};
}
