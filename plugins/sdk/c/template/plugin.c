/* The plugin's tools. `lyceum plugin test` runs tests.json against them, in the jail that they will run in. */
#include "lyceum.h"

#include <stdio.h>
#include <string.h>

static json_t *
count_words(struct lyceum *host, const json_t *args, char *error)
{
    const char *text = json_string_value(json_object_get(args, "text"));
    const char *longest = "";
    size_t most = 0;
    json_int_t words = 0;
    char line[LYCEUM_ERROR_BYTES];
    (void)host;
    if (!text) {
        snprintf(error, LYCEUM_ERROR_BYTES, "There is no text.");
        return NULL;
    }
    while (*(text += strspn(text, " \t\r\n")) != '\0') {
        size_t n = strcspn(text, " \t\r\n");
        longest = n > most ? text : longest;
        most = n > most ? n : most;
        words++;
        text += n;
    }
    snprintf(line, sizeof line, "%lld words; the longest is \"%.*s\".", (long long)words, (int)most, longest);
    return lyceum_result(
        json_pack("[{s:s, s:s}]", "type", "text", "text", words > 0 ? line : "There is no word in that."),
        json_pack("{s:I, s:s%}", "words", words, "longest", longest, most));
}

static const struct lyceum_tool tools[] = {{"count_words", count_words}, {NULL, NULL}};

int
main(void)
{
    return lyceum_run(tools);
}
