// The plugin's tools. `lyceum plugin test` runs tests.json against them, in the jail that they will run in.
import { result, run, tool } from './lyceum.mjs';

tool('count_words', args => {
  const words = args.text.split(/\s+/).filter(Boolean);
  const longest = words.reduce((best, w) => w.length > best.length ? w : best, '');
  return result(words.length ? `${words.length} words; the longest is "${longest}".` : 'There is no word in that.',
    { words: words.length, longest });
});

run();
