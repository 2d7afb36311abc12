"""The plugin's tools. `lyceum plugin test` runs tests.json against them, in the jail that they will run in."""
import lyceum


@lyceum.tool
def count_words(args, host):
    words = args["text"].split()
    longest = max(words, key=len, default="")
    return lyceum.result(
        [f"{len(words)} words; the longest is \"{longest}\"." if words else "There is no word in that."],
        structured={"words": len(words), "longest": longest},
    )


lyceum.run()
