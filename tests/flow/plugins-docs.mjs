// plugins-docs: the help page about plugins, followed to the letter: every command of its steps is run as it stands there, in a
// fresh home, by a shell that knows nothing else; the plugin that comes of it answers in a chat.
import { Deployment, ROOT, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { scriptModel } from '../support/model.mjs';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const s = new Suite();
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-home-'));
const env = { HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), LYCEUM_SDK: path.join(ROOT, 'plugins/sdk') };
const d = await Deployment.start({ env });
const model = await scriptModel();
const decode = x => x.replace(/<[^>]+>/g, '').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;|&#x27;/g, "'").replace(/&amp;/g, '&');
const page = (await d.get('/-/docs/plugins')).body;
const steps = new Map([...page.matchAll(/<pre data-step="([a-z]+)" tabindex="0"><code>([\s\S]*?)<\/code><\/pre>/g)].map(m => [m[1], decode(m[2])]));

// `lyceum` on the shell's path is this deployment's.
const bin = path.join(home, 'bin');
fs.mkdirSync(bin);
fs.writeFileSync(path.join(bin, 'lyceum'), `#!/bin/sh\nexec "${path.join(d.state, 'app/bin/lyceum')}" "$@"\n`, { mode: 0o755 });
function follow(step) {
  must(steps.has(step), `the page has no step ${step}`);
  const r = spawnSync('sh', ['-e'], { input: steps.get(step), cwd: home, encoding: 'utf8', timeout: 240000,
    env: { PATH: `${bin}:${process.env.PATH}`, LYCEUM_CONF: path.join(d.state, 'lyceum.conf'), ...env } });
  equal(r.status, 0, `${step}: ${r.stdout}${r.stderr}`);
  return r.stdout + r.stderr;
}
const record = () => JSON.parse(d.lyceum(['plugin', 'list', '--json']).stdout).plugins.find(p => p.id === 'acme/words');

await s.test('the page has every step', () => equal([...steps.keys()], ['write', 'test', 'sign', 'vet', 'publish', 'install', 'enable', 'update', 'upgrade']));
for (const step of ['write', 'test', 'sign', 'vet', 'publish', 'install']) await s.test(`step: ${step}`, () => { follow(step); });
await s.test('it is in the catalogue', async () => holds((await d.get('/-/plugins')).body, 'acme/words'));
await s.test('step: enable', () => {
  follow('enable');
  equal([record().state, record().level, record().reviewers.length], ['on', 'community', 2]);
});
await s.test('it answers in a chat', async () => {
  fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: [{ id: 1, name: 'a' }] }));
  equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']).status, 0);
  equal(d.lyceum(['model', 'set', 'words', '--api', 'openai-chat', '--url', `${model.url}/agent/counts-words/v1`, '--model', 'scripted', '--clearance', 'private']).status, 0);
  const cookies = new Map();
  const r = await d.post('/-/chat', { question: 'How many words has this sentence?', dataset: 'repos', model: 'words' }, { cookies });
  const at = new URL(r.headers.location, d.url).pathname;
  const answered = await until('the turn ends', async () => {
    const p = await d.get(at, { cookies });
    return /data-outcome="[a-z_]+"/.test(p.body) ? p.body : null;
  }, 60);
  holds(answered, 'data-plugin="acme/words"');
});
await s.test('the update of the page takes the place of the first version', () => {
  follow('update');
  follow('upgrade');
  equal([record().serial, record().version], [2, '0.2.0']);
});
model.stop();
d.stop();
fs.rmSync(home, { recursive: true, force: true });
s.end();
