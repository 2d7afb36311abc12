// plugins: a plugin made from the Python template: packed, signed, installed, called from a chat, seen on its page; an update
// that wants more is held back; consent, the way back, and off at once.
import { Deployment, ROOT, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { scriptModel } from '../support/model.mjs';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const s = new Suite();
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-home-'));
const d = await Deployment.start({ env: { HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), LYCEUM_SDK: path.join(ROOT, 'plugins/sdk') } });
const model = await scriptModel();
const project = path.join(home, 'words');

function plugin(args, status = 0) {
  const r = d.lyceum(['plugin', ...args]);
  equal(r.status, status, `plugin ${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout + r.stderr;
}
const record = () => JSON.parse(d.lyceum(['plugin', 'list', '--json']).stdout).plugins.find(p => p.id === 'example/words');
let n = 0;
// The project as it is now, as a signed bundle.
function bundle(after = null) {
  const out = path.join(home, `bundle${++n}`);
  plugin(['pack', project, '--out', out, ...(after ? ['--after', after] : [])]);
  plugin(['sign', out, '--key', 'words']);
  return out;
}
const edit = (file, from, to) => {
  const at = path.join(project, file), text = fs.readFileSync(at, 'utf8');
  must(text.includes(from), `${file} has no ${from}`);
  fs.writeFileSync(at, text.replace(from, to));
};

fs.writeFileSync(path.join(d.state, 'repos.json'), JSON.stringify({ repos: Array.from({ length: 9 }, (_, i) => ({ id: i + 1, name: `repo-${i}` })) }));
equal(d.lyceum(['publish', path.join(d.state, 'repos.json'), '--name', 'repos', '--public']).status, 0);
equal(d.lyceum(['secret', 'set', 'TEST_KEY'], { input: 'sk-test-0123456789\n' }).status, 0);
equal(d.lyceum(['model', 'set', 'words', '--api', 'openai-chat', '--url', `${model.url}/agent/counts-words/v1`, '--model', 'scripted', '--clearance', 'private', '--secret', 'TEST_KEY']).status, 0);
const cookies = new Map();
const link = /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0];
equal((await d.post(link, {}, { cookies })).status, 303, 'sign-in');

// Asks, and gives the page of the chat once the turn is over.
async function ask() {
  const r = await d.post('/-/chat', { question: 'How many words?', dataset: 'repos', model: 'words' }, { cookies });
  equal(r.status, 303, r.body);
  const at = new URL(r.headers.location, d.url).pathname;
  return until('the turn ends', async () => {
    const page = await d.get(at, { cookies });
    return /data-outcome="[a-z_]+"/.test(page.body) ? page.body : null;
  }, 60);
}
const answered = page => { holds(page, 'data-outcome="done"'); holds(page, 'data-testid="block"'); holds(page, '3 words; the longest is'); holds(page, 'data-plugin="example/words"'); };

let first, second, key;
await s.test('from the template to an installed plugin', () => {
  plugin(['key', 'new', 'words', '--as', 'example/key']);
  key = /example\/key\+[0-9a-f]{8}\+\S+/.exec(plugin(['key', 'show', 'words']))[0];
  plugin(['new', 'example/words', '--lang', 'python', '--to', project, '--publisher', 'example/key']);
  first = bundle();
  holds(plugin(['install', first], 1), 'which key', 'no key is named');
  holds(plugin(['install', first, '--key', key]), 'Installed.');
  equal(record().state, 'off');
  equal(record().abc, '100');
});
await s.test('off, its tool is not there; on, a chat calls it and its page shows the block', async () => {
  const before = await ask();
  must(!before.includes('data-testid="block"'), 'a block of a plugin that is off');
  plugin(['enable', 'example/words']);
  answered(await ask());
});
await s.test('an update that asks for no more takes its place at once', async () => {
  edit('manifest', 'version 0.1.0', 'version 0.1.1');
  edit('plugin.py', 'words; the longest is', 'words; the longest is now');
  second = bundle(first);
  holds(plugin(['upgrade', 'example/words', second]), 'Updated');
  holds(await ask(), '3 words; the longest is now');
});
await s.test('one click back', async () => {
  plugin(['rollback', 'example/words']);
  equal(record().version, '0.1.0');
  const page = await ask();
  answered(page);
  must(!page.includes('the longest is now'), 'the version before');
  holds(plugin(['consent', 'example/words']), '0.1.1', 'the newer one waits');
});
await s.test('an update with one more host is held back until consent', async () => {
  fs.writeFileSync(path.join(project, 'tools/look_up.json'), JSON.stringify({ name: 'look_up', description: 'Looks a word up.', input_schema: { type: 'object', properties: { word: { type: 'string' } } } }));
  fs.appendFileSync(path.join(project, 'manifest'), 'cap net GET https://words.example:443\ntool look_up E3 tools/look_up.json dry-run\n');
  edit('manifest', 'version 0.1.1', 'version 0.2.0');
  const out = plugin(['upgrade', 'example/words', bundle(second)]);
  holds(out, 'Held back');
  holds(out, 'https://words.example');
  equal(record().version, '0.1.0');
  answered(await ask()); // the version that was consented to serves on
  const held = record().held;
  equal(held.version, '0.2.0');
  holds(plugin(['consent', 'example/words', 'f'.repeat(64)], 1), 'Look again');
  plugin(['consent', 'example/words', held.digest]);
  equal(record().version, '0.2.0');
  equal(record().abc, '101');
  holds(await ask(), '3 words; the longest is now');
  plugin(['rollback', 'example/words']);
  equal(record().version, '0.1.0');
});
await s.test('a changed byte and another key are refused', () => {
  edit('manifest', 'version 0.2.0', 'version 0.3.0');
  const forged = bundle(second);
  fs.chmodSync(path.join(forged, 'plugin.py'), 0o644);
  fs.appendFileSync(path.join(forged, 'plugin.py'), '\nprint("hello")\n');
  holds(plugin(['install', forged, '--key', key], 1), 'plugin.py');
  plugin(['key', 'new', 'mallory', '--as', 'example/key2']);
  const other = /example\/key2\+[0-9a-f]{8}\+\S+/.exec(plugin(['key', 'show', 'mallory']))[0];
  plugin(['install', second, '--key', other], 1);
  equal(record().version, '0.1.0');
});
await s.test('revoked, it stops at once; removed, it is gone with its files', async () => {
  const { digest } = record();
  plugin(['revoke', 'example/words', '--digest', digest, '--why', 'It was a test.']);
  equal(record().state, 'revoked');
  must(!(await ask()).includes('data-testid="block"'), 'a revoked plugin answered');
  holds(d.lyceum(['plugin', 'list']).stdout, 'It was a test.');
  plugin(['remove', 'example/words']);
  equal(record(), undefined);
  must(!fs.existsSync(path.join(d.state, 'plugins', digest)), 'its files');
});
await s.test('the scripted model was sent no illegal request', async () => equal((await model.json('/_violations')).filter(v => !JSON.stringify(v).includes('count_words')), []));
model.stop();
d.stop();
fs.rmSync(home, { recursive: true, force: true });
s.end();
