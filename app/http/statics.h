/* statics: the version of the browser's files, by which pages link them: /static/css/lyceum.css?v=<version>. */
#ifndef HTTP_STATICS_H
#define HTTP_STATICS_H

enum { STATICS_VERSION_BYTES = 17 };

/* A hash over the content of all static files. Once, before the sandbox is entered: the files can't be read later. */
void statics_version(char out[STATICS_VERSION_BYTES]);

#endif
