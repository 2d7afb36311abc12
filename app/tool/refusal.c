/* refusal: codes and sentences. */
#include "tool/refusal.h"

static const struct {
    const char *code, *sentence;
} SENTENCES[] = {
    {"above-clearance", "This reaches data above what is cleared here."},
    {"private-data-in-public-mode", "A public conversation does not touch data that is not public."},
    {"authority-is-for-people", "Only a person can do this, on the pages."},
    {"outside-needs-public-mode", "Nothing leaves this conversation: it may hold data that is not public."},
    {"strict-mode", "This site lets models read only."},
    {"no-such-capability", "This can't be done here."},
    {"no-such-tool", "This conversation does not have this tool."},
    {"no-such-model", "This model is not available."},
    {"not-in-this-conversation", "This dataset does not belong to this conversation."},
    {"not-open-to-the-asker", "The person who asks may not use this dataset."},
    {"not-writable", "This dataset can't be changed from here."},
    {"not-deterministic", "The change must come to the same each time: it may not use random()."},
    {"receipt-mismatch", "What was tried out is not what was proposed. Propose it again."},
    {"approval-needs-account", "This needs the approval of a person who is signed in."},
    {"turn-frozen", "No more is proposed in this turn. Answer with what you have."},
    {"turn-budget", "This turn has made all the calls that it may make. Answer with what you have."},
    {"declined", "The person declined this. Do not propose it again; ask what they want, or answer without it."},
    {"expired", "Nobody decided in time. It was not done."},
    {"void", "What was asked for is not valid any more, because something it rested on changed. It was not done."},
    {"conflict", "The data changed in the meantime. It was not done."},
    {"failed", "It was approved, but it could not be done. Nothing was changed."},
    {"lost", "It was approved, but whether it was done is not known. Do not try it again; tell the person."},
    {"syntax", "The SQL can't be parsed, or names something that is not there."},
    {"constraint", "The change breaks a constraint of a table. Nothing was changed."},
    {"not-allowed", "A statement of this kind is not allowed here."},
    {"too-large", "The change is too large."},
    {"timeout", "Trying it out took too long."},
    {"no-such-address", "This is no address that can be fetched."},
    {"change-failed", "The change can't be made with this data. Nothing was changed."},
    {"fetch-failed", "The page could not be fetched."},
    {"not-text", "What is there is not text."},
    {"plugin-stopped", "This plugin was switched off. Answer without it."},
    {"plugin-changed", "This plugin was updated in the meantime. Ask again in a new question."},
    {"not-declared", "The plugin asks for something that it does not declare."},
    {"not-approved", "The plugin would send something that nobody has approved."},
    {"too-many-requests", "The plugin makes too many requests in one call."},
    {"no-such-call", "The plugin's call is over."},
    {"crash", "The plugin's program broke."},
    {"hang", "The plugin did not answer in time."},
    {"flood", "The plugin sent too much."},
    {"memory", "The plugin needs more memory than it may have."},
    {"protocol", "The plugin did not speak the protocol."},
    {"output", "The plugin's answer is not what its tool promises."},
    {"gone", "The plugin's files are not what was signed, or not there any more."},
    {"plugin-failed", "The plugin could not be run."},
    {"not_run", "This call was not run: the turn ended before it."},
};

struct span
refusal_sentence(struct span code)
{
    for (size_t i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++)
        if (span_is(code, SENTENCES[i].code))
            return span_of(SENTENCES[i].sentence);
    return SPAN("This call is not allowed here.");
}

struct span
refusal_code(struct span code)
{
    enum { CODE_BYTES = 40 };
    bool fits = code.n > 0 && code.n <= CODE_BYTES && span_only(code, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return fits ? code : SPAN("refused");
}
