/* weft command: the verbs. Each returns the exit status. */
#ifndef WEFT_TOOLS_VERBS_H
#define WEFT_TOOLS_VERBS_H

#include "args.h"

int verb_quantize(const struct verb *verb, int argc, char **argv);
int verb_run(const struct verb *verb, int argc, char **argv);
int verb_classify(const struct verb *verb, int argc, char **argv);
int verb_eval(const struct verb *verb, int argc, char **argv);
int verb_verify(const struct verb *verb, int argc, char **argv);
int verb_bench(const struct verb *verb, int argc, char **argv);
int verb_tune(const struct verb *verb, int argc, char **argv);
int verb_compare(const struct verb *verb, int argc, char **argv);
int verb_profile(const struct verb *verb, int argc, char **argv);
int verb_inspect(const struct verb *verb, int argc, char **argv);
int verb_export(const struct verb *verb, int argc, char **argv);
int verb_zoo(const struct verb *verb, int argc, char **argv);
int verb_cpu(const struct verb *verb, int argc, char **argv);

#endif
