/* The layers of the zoo against the table of torchvision's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

struct row {
    char network[32], layer[64], kind[16];
    int in_c, in_h, in_w, out_c, out_h, out_w, kernel_h, kernel_w, stride_h, stride_w, groups;
    int64_t weights, bias, norm, macs;
    bool used;
};

static struct row *rows;
static int rows_count;

static bool read_row(const char *line, struct row *row)
{
    memset(row, 0, sizeof *row);
    int fields =
        sscanf(line, "%31s %63s %15s %d %d %d %d %d %d %d %d %d %d %d %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64,
               row->network, row->layer, row->kind, &row->in_c, &row->in_h, &row->in_w, &row->out_c, &row->out_h,
               &row->out_w, &row->kernel_h, &row->kernel_w, &row->stride_h, &row->stride_w, &row->groups, &row->weights,
               &row->bias, &row->norm, &row->macs);
    return fields == 18;
}

bool golden_open_table(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    int capacity = 4096;
    rows = calloc((size_t)capacity, sizeof *rows);
    /* Two lines of head. */
    bool fine = file && rows && fgets(line, sizeof line, file) && fgets(line, sizeof line, file);
    while (fine && fgets(line, sizeof line, file)) {
        fine = rows_count < capacity && read_row(line, &rows[rows_count]);
        rows_count += fine;
    }
    if (file) {
        fclose(file);
    }
    return fine && rows_count > 0;
}

void golden_close_table(void)
{
    free(rows);
}

/* The first unused row of the network and kind with that name; NULL as a name: any. */
static struct row *find(const char *network, const char *kind, const char *name)
{
    for (int i = 0; i < rows_count; i++) {
        struct row *row = &rows[i];
        bool same_kind = strcmp(row->kind, kind) == 0 || (strcmp(kind, "conv") == 0 && strcmp(row->kind, "dense") == 0);
        if (!row->used && same_kind && strcmp(row->network, network) == 0 && (!name || strcmp(row->layer, name) == 0)) {
            row->used = true;
            return row;
        }
    }
    return NULL;
}

static void compare(const weft_layer_info *layer, const struct row *row)
{
    bool dense = strcmp(row->kind, "dense") == 0;
    golden_check(layer->out_c == row->out_c && layer->out_h == row->out_h && layer->out_w == row->out_w, row->network,
                 layer->name, "its output has another shape than torchvision's");
    golden_check(layer->weights == row->weights && layer->macs == row->macs, row->network, layer->name,
                 "its weights or multiply-adds are not as many as torchvision's");
    if (!dense) { /* torchvision's dense layers take a vector */
        golden_check(layer->in_c == row->in_c && layer->kernel_h == row->kernel_h && layer->kernel_w == row->kernel_w &&
                         layer->stride_h == row->stride_h && layer->stride_w == row->stride_w &&
                         layer->groups == row->groups,
                     row->network, layer->name, "its kernel, stride, groups or input channels are not torchvision's");
    }
}

/* What the folded network keeps of a layer: weights and one bias a channel; of a lone normalization both numbers. */
static int64_t folded_parameters(const struct row *row)
{
    if (row->weights > 0) {
        return row->weights + row->out_c;
    }
    return row->norm;
}

void golden_check_layers(const weft_model *model, const char *network)
{
    weft_layer_info layer;
    for (int i = 0; weft_model_layer(model, i, &layer) == WEFT_OK; i++) {
        bool pool = strcmp(layer.op, "maxpool") == 0 || strcmp(layer.op, "avgpool") == 0;
        bool affine = strcmp(layer.op, "affine") == 0;
        if (!pool && !affine && layer.weights == 0) {
            continue; /* joins, gates, maps: the shapes around them fix theirs */
        }
        struct row *row = find(network, pool || affine ? layer.op : "conv", pool ? NULL : layer.name);
        golden_check(row != NULL, network, layer.name, "torchvision has no such layer");
        if (row) {
            compare(&layer, row);
        }
    }
    int64_t parameters = 0, folded = 0, macs = 0;
    for (int i = 0; i < rows_count; i++) {
        if (strcmp(rows[i].network, network) == 0) {
            golden_check(rows[i].used, network, rows[i].layer, "torchvision has this layer, the zoo does not");
            parameters += rows[i].weights + rows[i].bias + rows[i].norm;
            folded += folded_parameters(&rows[i]);
            macs += rows[i].macs;
        }
    }
    weft_model_info info;
    weft_model_describe(model, &info);
    printf("%-18s %11" PRId64 " parameters, %11" PRId64 " with normalization folded, %12" PRId64 " multiply-adds\n",
           network, parameters, info.parameters, info.macs);
    golden_check(info.parameters == folded && info.macs == macs, network, "-", "its totals are not the table's");
}
