/* Golden tests of the zoo: what they share. */
#ifndef WEFT_TESTS_GOLDEN_GOLDEN_H
#define WEFT_TESTS_GOLDEN_GOLDEN_H

#include <stdbool.h>

#include <weft/zoo.h>

/* Counts a check and names it where it failed. */
void golden_check(bool fine, const char *network, const char *layer, const char *what);

/* Every layer of the model against networks.tsv, which is torchvision's (networks.py). */
bool golden_open_table(const char *path);
void golden_check_layers(const weft_model *model, const char *network);
void golden_close_table(void);

/* Codes of every layer in the last run of a traced session: they must neither die nor saturate. `print`: shows the
 * shares. */
void golden_check_codes(const weft_model *model, const weft_session *session, const char *network, bool print);

/* Compares the samples that the builder worked with to what a traced session's tensors hold, or prints the network's
 * part of models/tuning.c. */
struct zoo_builder;
void golden_tune(const weft_model *model, const weft_session *session, const struct zoo_builder *builder,
                 const char *network, bool print);

#endif
