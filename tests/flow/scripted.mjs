// scripted: the agent against scripted models that refuse illegal requests: our scenarios, and the shared ones where they are.
import { Deployment, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { replayServer, scriptModel } from '../support/model.mjs';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, SHARED } from '../support/deployment.mjs';

const s = new Suite();
const d = await Deployment.start({ settings: { 'test.alias_tools': true, 'limits.turn_steps': 8 } });
const model = await scriptModel();
const replay = await replayServer();
fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: Array.from({ length: 37 }, (_, i) => ({ id: i + 1, name: `repo-${i}`, stars: i * 3 })) }));
equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']).status, 0);

equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'hidden', '--table', 'repos', '--private']).status, 0);

equal(d.lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' }).status, 0);
const APIS = ['openai-chat', 'anthropic', 'openai-responses', 'gemini'];
function add(name, url, api, clearance = 'private', more = api === 'openai-responses' ? ['--properties', '{"encrypted_reasoning":true}'] : []) {
  const r = d.lyceum(['model', 'set', name, '--api', api, '--url', url, '--model', 'scripted', '--clearance', clearance, '--secret', 'TEST_KEY', ...more]);
  equal(r.status, 0, r.stdout + r.stderr);
}
async function ask(name, question = 'how many repos are there?', dataset = 'repos') {
  const r = await d.lyceumAsync(['ask', '--dataset', dataset, '--model', name, '--json', question]).done;
  must(r.stdout.trim().startsWith('{'), `no JSON: ${r.stdout} ${r.stderr}`);
  return { ...JSON.parse(r.stdout), status: r.status };
}
const violations = async server => (await server.json('/_violations')).map(v => JSON.stringify(v));

const own = fs.readdirSync(path.join(ROOT, 'tests/support/scenarios')).filter(f => f.endsWith('.json')).map(f => f.slice(0, -5));
for (const api of APIS) {
  for (const name of own) {
    const spec = JSON.parse(fs.readFileSync(path.join(ROOT, 'tests/support/scenarios', `${name}.json`), 'utf8'));
    if (!spec.outcome || (spec.apis && !spec.apis.includes(api))) continue; // scenarios for the browser say no outcome
    await s.test(`${name} over ${api}`, async () => {
      add(`m-${name}`, `${model.url}/agent/${name}/v1`, api);
      const r = await ask(`m-${name}`, spec.question ?? 'how many repos are there?', spec.dataset);
      equal(r.outcome, spec.outcome, JSON.stringify(r).slice(0, 1500));
      for (const part of spec.answer_holds ?? []) holds(r.answer, part, 'answer');
      equal(r.status, ['done', 'asked', 'cannot_answer'].includes(spec.outcome) ? 0 : 1, 'exit status');
    });
  }
}
await s.test('no scripted model was sent an illegal request', async () => equal(await violations(model), []));

// The shared scenarios: what they must come to. Anything else than `done` is said here.
const outcomes = { 'loop-forever': 'limit', truncated: 'limit', 'truncated-tool': null, 'rate-limited': 'done', 'midstream-error': 'failed',
  'midstream-eof': 'failed', 'midstream-field-line': null, 'content-filter': null, refusal: null };
const shared = SHARED ? fs.readdirSync(path.join(SHARED, 'llm/scenarios')).filter(f => f.endsWith('.json')).map(f => f.slice(0, -5)) : [];
for (const api of APIS) {
  for (const name of ['fix-broken-sql', 'parallel-tools', 'bad-args', 'truncated', 'truncated-tool', 'midstream-error', 'midstream-eof', 'midstream-field-line',
    'refusal', 'content-filter', 'loop-forever', 'multi-turn', 'unicode', 'rate-limited', ...shared.filter(n => n.startsWith('quirk-') && api === 'openai-chat')]) {
    if (!replay) { s.skip(`shared ${name} over ${api}`, 'there is no ../shared'); continue; }
    if (!shared.includes(name)) continue;
    await s.test(`shared ${name} over ${api}`, async () => {
      add('shared', `${replay.url}/agent/${name}/v1`, api);
      const r = await ask('shared', name === 'multi-turn' ? 'the first question' : undefined);
      const want = name in outcomes ? outcomes[name] : 'done';
      if (want) equal(r.outcome, want, JSON.stringify(r).slice(0, 1500));
      else must(['done', 'failed', 'limit', 'stopped', 'cannot_answer'].includes(r.outcome), r.outcome);
      if (name === 'fix-broken-sql') holds(r.answer, '37');
      if (name === 'parallel-tools') equal(r.results.length, 2);
    });
  }
}
for (const api of APIS) {
  if (!replay) { s.skip(`two refusals over ${api}`, 'there is no ../shared'); continue; }
  for (const [status, outcome] of [[429, 'done'], [503, 'done'], [401, 'failed']]) await s.test(`${status} twice over ${api}: ${outcome}`, async () => {
    add('busy', `${replay.url}/agent/rate-limited/~fail=2:${status}:retry-after-ms=50/v1`, api);
    equal((await ask('busy')).outcome, outcome);
  });
}
for (const api of APIS) {
  if (!replay) { s.skip(`one JSON body over ${api}`, 'there is no ../shared'); continue; }
  await s.test(`one JSON body in the place of a stream over ${api}`, async () => {
    add('whole', `${replay.url}/agent/fix-broken-sql/v1`, api, 'private', ['--properties', '{"stream":false}']);
    const r = await ask('whole');
    equal(r.outcome, 'done', JSON.stringify(r).slice(0, 1500));
    holds(r.answer, '37');
  });
}
if (replay) await s.test('no shared scenario was sent an illegal request', async () => equal((await violations(replay)).filter(v => !/loop-forever/.test(v)), []));

await s.test('a model server that is down: the turn says so and can be tried again', async () => {
  add('down', 'http://127.0.0.1:9/v1', 'openai-chat');
  const r = await ask('down');
  equal(r.outcome, 'failed');
  holds(JSON.stringify(r), 'retr');
});
await s.test('a fallback goes on where the model can\'t answer, and the turn says so', async () => {
  add('helped', 'http://127.0.0.1:9/v1', 'openai-chat', 'private', ['--properties', '{"fallback":"m-heal"}']);
  const r = await ask('helped');
  equal(r.outcome, 'done', JSON.stringify(r).slice(0, 1500));
  holds(r.answer, '37');
  equal(r.events.filter(e => e.kind === 'note' && /helped could not answer\. m-heal goes on/.test(e.body.text)).length, 1, 'notes');
});
await s.test('a fallback that is not cleared is sent nothing', async () => {
  add('public-help', `${model.url}/agent/heal/v1`, 'gemini', 'public');
  add('unhelped', 'http://127.0.0.1:9/v1', 'openai-chat', 'private', ['--properties', '{"fallback":"public-help"}']);
  const before = (await model.json('/_log')).length;
  const r = await ask('unhelped', 'how many repos are there?', 'hidden');
  equal(r.outcome, 'failed', JSON.stringify(r).slice(0, 800));
  equal((await model.json('/_log')).length, before, 'requests to the model');
});
await s.test('a model that is not configured is a sentence', async () => {
  const r = await d.lyceumAsync(['ask', '--dataset', 'repos', '--model', 'nobody', '--json', 'x']).done;
  must(r.status !== 0, 'exit status');
  holds(r.stdout + r.stderr, 'nobody');
});
await s.test('one turn at a time in a conversation', async () => {
  const cookies = new Map();
  add('slow', `${model.url}/agent/slow-story/v1`, 'openai-chat');
  const r = await d.post('/-/chat', { question: 'slowly', dataset: 'repos', model: 'slow' }, { cookies });
  const chat = new URL(r.headers.location, d.url).pathname;
  const second = await d.post(chat, { question: 'and another' }, { cookies });
  equal(second.status, 409);
  const turn = /data-turn="(t_[a-z2-9]+)"/.exec((await d.get(chat, { cookies })).body)[1];
  equal((await d.post(`${chat}/stop`, { turn }, { cookies })).status, 303);
});
await s.test('a model that is not cleared for private data is sent nothing, and the sentence names who is', async () => {
  add('uncleared', `${model.url}/agent/heal/v1`, 'openai-chat', 'public');
  add('cleared', `${model.url}/agent/heal/v1`, 'openai-chat', 'private');
  const before = (await model.json('/_log')).length;
  const r = await ask('uncleared', 'how many repos are there?', 'hidden');
  equal(r.outcome, 'failed', JSON.stringify(r).slice(0, 800));
  const error = r.events.find(e => e.kind === 'error').body;
  equal(error.code, 'above-clearance');
  holds(error.text, 'uncleared is not cleared');
  must(/Cleared are: |the guide/.test(error.text), error.text);
  equal((await model.json('/_log')).length, before, 'requests to the model');
});
await s.test('the guide answers in private conversations', async () => {
  const r = await ask('guide', 'how many repos are there?', 'hidden');
  equal(r.outcome, 'done', JSON.stringify(r).slice(0, 800));
  holds(r.answer, '37');
});

// A person who is signed in: the turn rests for a decision, whatever dies meanwhile.
const admin = new Map();
const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0];
equal((await d.post(link, {}, { cookies: admin })).status, 303, 'sign in');
add('proposes', `${model.url}/agent/proposes-fetch/v1`, 'openai-chat');
async function propose() {
  const r = await d.post('/-/chat', { question: 'look it up', dataset: 'repos', model: 'proposes' }, { cookies: admin });
  equal(r.status, 303, r.body);
  const chat = new URL(r.headers.location, d.url).pathname;
  await until('the decision that is needed', async () => /data-testid="approval-card"/.test((await d.get(chat, { cookies: admin })).body));
  return { chat, turn: /data-turn="(t_[a-z2-9]+)"/.exec((await d.get(chat, { cookies: admin })).body)[1] };
}
await s.test('a proposed fetch waits for the person, and takes neither an answer nor another question', async () => {
  const { chat, turn } = await propose();
  equal((await d.post(`${chat}/answer`, { turn, answer: 'approve' }, { cookies: admin })).status, 409, 'an answer');
  equal((await d.post(chat, { question: 'and another' }, { cookies: admin })).status, 409, 'a question');
  holds((await d.get(chat, { cookies: admin })).body, 'data-state="waiting"');
});
await s.test('in a private conversation nobody is even asked for a fetch', async () => {
  const r = await d.post('/-/chat', { question: 'look it up', dataset: 'hidden', model: 'm-private-fetch' }, { cookies: admin });
  const chat = new URL(r.headers.location, d.url).pathname;
  await until('the end', async () => /data-outcome="done"/.test((await d.get(chat, { cookies: admin })).body));
  const page = (await d.get(chat, { cookies: admin })).body;
  must(/Nothing leaves this conversation|above what is cleared here/.test(page), page.slice(0, 3000));
  must(!/data-testid="approval-card"/.test(page), 'a card');
});
await s.test('a waiting turn outlives agent and gate, and can be stopped', async () => {
  const { chat, turn } = await propose();
  for (const service of ['agent', 'gate']) d.kill(service);
  await until('everything is back', () => d.lyceum(['doctor']).status === 0);
  holds((await d.get(chat, { cookies: admin })).body, 'data-state="waiting"');
  equal((await d.post(`${chat}/stop`, { turn }, { cookies: admin })).status, 303);
  await until('the end', async () => /data-outcome="stopped"/.test((await d.get(chat, { cookies: admin })).body));
});
await s.test('no scripted model was sent an illegal request after all that', async () => equal(await violations(model), []));
model.stop();
replay?.stop();
d.stop();
s.end();
