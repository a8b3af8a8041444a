/* weft command: what 'weft VERB --help' says below the options. */
#ifndef WEFT_TOOLS_HELP_H
#define WEFT_TOOLS_HELP_H

extern const char help_quantize[], help_run[], help_classify[], help_eval[], help_verify[], help_bench[],
    help_compare[], help_profile[], help_inspect[], help_export[], help_zoo[], help_cpu[], help_tune[];

#endif
