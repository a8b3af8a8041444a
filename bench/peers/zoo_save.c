/* Writes a network of the zoo as a .weft file: zoo_save NAME FILE. For scripts that time whole processes, which should
 * not build the network each time. */
#include <stdio.h>

#include <weft/weft.h>
#include <weft/zoo.h>

int main(int argc, char **argv)
{
    weft_model *model = NULL;
    weft_error error;
    if (argc != 3) {
        fputs("usage: zoo_save NAME FILE.weft\n", stderr);
        return 2;
    }
    weft_status status = weft_zoo_build(argv[1], NULL, &model, &error);
    if (!status) {
        status = weft_model_save(model, argv[2], &error);
    }
    if (status) {
        fprintf(stderr, "zoo_save: %s\n", error.text);
    }
    weft_model_free(&model);
    return status ? 2 : 0;
}
