/* weft: version of the library and of its file format. */
#ifndef WEFT_VERSION_H
#define WEFT_VERSION_H

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0
#define WEFT_VERSION_STRING "0.1.0"

/* Version of the .weft file format written; files of a higher version are refused. */
#define WEFT_FORMAT_VERSION 1

#endif
