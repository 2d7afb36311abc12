// demo-write: what `lyceum ask --json` printed for each question, as one conversation file.
// usage: demo-write.mjs SCENARIOS ANSWERS OUT NAME...
import fs from 'node:fs';

const [scenarios, answers, out, ...names] = process.argv.slice(2);
const read = f => JSON.parse(fs.readFileSync(f, 'utf8'));
const turns = names.map(name => {
  const a = read(`${answers}/${name}.json`);
  if (!['done', 'cannot_answer'].includes(a.outcome)) throw new Error(`${name} ended as ${a.outcome}: ${JSON.stringify(a.events.at(-2))}`);
  // Without ids and times: a recording made again is the same file unless something changed.
  const lasting = b => Object.fromEntries(Object.entries(b).filter(([k]) => k !== 'ms' && k !== 'result')
    .map(([k, v]) => [k, k === 'line' ? v.replace(/, \d+ ms$/, '') : v]));
  const events = a.events.map(({ kind, body }) => ({ kind, body: lasting(body) }));
  return { question: read(`${scenarios}/${name}.json`).question, outcome: a.outcome, dataset: 'movies', usage: { in: a.usage.in, out: a.usage.out, steps: a.usage.steps }, events, results: a.results };
});
fs.writeFileSync(out, JSON.stringify({ title: 'Which kinds of films earn the most?', turns }, null, 1) + '\n');
