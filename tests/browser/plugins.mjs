// plugins: an admin's way in the browser: a marketplace's offer looked into, installed through an approval, turned on for a
// dataset; an update that asks for more held back, compared line by line, agreed to; back again; the log and its proofs.
import { Deployment, ROOT, Suite, equal, holds, must } from '../support/deployment.mjs';
import { axe, launch, open, overflow, shot } from '../support/browser.mjs';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const s = new Suite();
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'lyceum-home-'));
const d = await Deployment.start({ env: { HOME: home, XDG_CONFIG_HOME: path.join(home, '.config'), LYCEUM_SDK: path.join(ROOT, 'plugins/sdk') } });
const PASSWORD = 'correct horse battery staple';
const shop = path.join(home, 'shop'), project = path.join(home, 'words');
const run = args => {
  const r = d.lyceum(args);
  equal(r.status, 0, `${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout + r.stderr;
};
const key = (name, as) => {
  run(['plugin', 'key', 'new', name, '--as', as]);
  return run(['plugin', 'key', 'show', name]).match(/\S+\+[0-9a-f]{8}\+\S+/)[0];
};
let n = 0;
function publish(folder, after = null) {
  const out = path.join(home, `bundle${++n}`);
  run(['plugin', 'pack', folder, '--out', out, ...(after ? ['--after', after] : [])]);
  run(['plugin', 'sign', out, '--key', 'acme']);
  for (const r of ['ada', 'bob']) run(['plugin', 'vet', out, '--key', r]);
  run(['plugin', 'publish', out, '--to', shop]);
  run(['market', 'refresh', shop, '--key', 'root']);
  return out;
}
const edit = (file, from, to) => {
  const at = path.join(project, file), text = fs.readFileSync(at, 'utf8');
  must(text.includes(from), `${file} has no ${from}`);
  fs.writeFileSync(at, text.replace(from, to));
};
const record = () => JSON.parse(run(['plugin', 'list', '--json'])).plugins.find(p => p.id === 'acme/words');

const file = path.join(d.state, 'repos.json');
fs.writeFileSync(file, JSON.stringify({ repos: [{ id: 1, name: 'a' }] }));
run(['publish', file, '--name', 'repos', '--public']);
const root = key('root', 'shop.example/root'), acme = key('acme', 'acme.example/2026a'), ada = key('ada', 'ada.example/1'), bob = key('bob', 'bob.example/1');
run(['market', 'init', shop, '--origin', 'shop.example', '--key', 'root', '--reviewer', ada, '--reviewer', bob, '--threshold', '2']);
run(['market', 'publisher', shop, 'acme', acme, '--key', 'root']);
run(['plugin', 'new', 'acme/words', '--lang', 'python', '--to', project, '--publisher', 'acme.example/2026a']);
const first = publish(project);
run(['market', 'add', shop, '--root', root, '--name', 'shop']);
run(['market', 'update', 'shop']);

const browser = await launch();
const page = await open(browser);
await page.goto(d.url + /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(run(['signin-link', 'admin']))[0]);
await page.getByTestId('link-form').getByRole('button').click();
await page.goto(`${d.url}/-/account`);
await page.locator('input[name="password"]').fill(PASSWORD);
await page.locator('form', { has: page.locator('input[name="password"]') }).getByRole('button').first().click();

// Each page at both widths, light and dark: nothing sticks out, axe-core finds nothing.
async function look(name, p = page) {
  for (const width of [1280, 360]) {
    await p.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark']) {
      await p.emulateMedia({ colorScheme });
      equal(await axe(p), [], `axe-core: ${name} ${width} ${colorScheme}`);
      await shot(p, `${name}-${width}-${colorScheme}`);
    }
    must(await overflow(p) <= 0, `${name} sticks out at ${width}`);
  }
  await p.setViewportSize({ width: 1280, height: 900 });
  await p.emulateMedia({ colorScheme: 'light' });
}
async function approve(name) {
  const enter = page.getByTestId('enter-button'), shown = page.getByTestId('answer');
  await page.getByTestId('review-button').click();
  await enter.or(shown).first().waitFor();
  if (await enter.count()) await enter.click();
  await shown.waitFor();
  if (name) await shot(page, name);
  for (const at of await page.locator('pre.whole, table.diff, main > ul').all()) await at.scrollIntoViewIfNeeded();
  await page.getByTestId('answer').scrollIntoViewIfNeeded();
  await page.locator('#password').fill(PASSWORD);
  await page.locator('[data-testid="approve-button"]:not([disabled])').click();
  await page.getByTestId('said').waitFor();
}
const at = `${d.url}/-/plugins/acme/words`;
const text = () => page.textContent('main');

await s.test('the catalogue offers it, with its powers; the search finds it and nothing else', async () => {
  await page.goto(`${d.url}/-/plugins`);
  const offer = page.locator('[data-testid="offers"] [data-plugin="acme/words"]');
  for (const part of ['Word counter', 'community', 'Not installed', 'acme.example', 'from shop']) holds(await offer.textContent(), part);
  await look('plugins-catalogue');
  for (const [words, count] of [['COUNTER', 1], ['acme/w', 1], ['zebra', 0]]) {
    await page.locator('#plugin-words').fill(words);
    await page.getByTestId('plugin-search').getByRole('button').click();
    equal(await page.locator('[data-plugin="acme/words"]').count(), count, words);
  }
  holds(await text(), 'that fits the search');
});
await s.test('its page says what it can do, who vouches for it, and where the log has it', async () => {
  await page.goto(at);
  const shown = await text();
  for (const part of ['Gives models the tool count_words (E0)', 'Nowhere: it has no network', 'ada.example/1, bob.example/1', 'serial 1', 'offered', 'It may be on together with all that is on here']) holds(shown, part);
  equal(await page.locator('[data-power]').evaluateAll(l => l.map(x => [x.dataset.power, x.classList.contains('on')])), [['A', true], ['B', false], ['C', false]]);
  await look('plugin-offered');
  await page.getByTestId('plugin-facts').getByRole('link', { name: /^entry \d+/ }).click();
  holds(await page.getByTestId('proof').textContent(), 'It is in the log');
  holds(await page.getByTestId('proof').textContent(), 'manifest acme/words 1 sha256:');
  await page.goto(`${d.url}/-/plugins/acme/nothing`);
  holds(await text(), 'No plugin of that name');
});
await s.test('the vetting workspace: files, checks, report, signatures', async () => {
  await page.goto(at);
  await page.getByTestId('vet-link').first().click();
  const shown = await text();
  for (const part of ['plugin.py', 'tools/count_words.json', 'ada.example/1', 'bob.example/1', 'How two people sign', 'compared with nothing']) holds(shown, part);
  must(await page.getByTestId('vet-checks').locator('tbody tr').count() >= 4, 'checks');
  await page.getByTestId('vet-files').getByRole('link', { name: 'plugin.py' }).click();
  holds(await page.getByTestId('vet-lines').textContent(), 'import lyceum');
  await look('plugin-vet-new');
});
await s.test('installed through an approval, and off until somebody says where it is on', async () => {
  await page.goto(at);
  await page.getByTestId('install-form').getByRole('button').click();
  await look('plugin-review');
  await approve('plugin-install-approval');
  equal([record().state, record().serial], ['off', 1]);
  await page.goto(at);
  equal(await page.getByTestId('plugin-state').textContent(), 'Off');
});
await s.test('on for one dataset through an approval; off at once; on for everybody', async () => {
  await page.getByLabel('everybody, with every dataset').uncheck();
  await page.getByLabel('the dataset repos').check();
  await page.getByTestId('enable-form').getByRole('button', { name: 'Turn it on' }).click();
  await approve();
  equal([record().state, record().scope], ['on', [['dataset', 'repos']]]);
  await page.goto(at);
  holds(await page.getByTestId('plugin-where').textContent(), 'dataset repos');
  await page.getByRole('button', { name: 'Turn it off' }).click();
  holds(await text(), 'The plugin is off');
  equal(record().state, 'off');
  await page.getByLabel('everybody, with every dataset').check();
  await page.getByLabel('the dataset repos').uncheck();
  await page.getByTestId('enable-form').getByRole('button', { name: 'Turn it on' }).click();
  await approve();
  equal([record().state, record().scope], ['on', [['deployment', '']]]);
});
let second;
await s.test('an update that asks for one more host is held back: the pages say why', async () => {
  edit('manifest', '# cap net GET https://api.example.com:443', 'cap net GET https://api.example.com:443');
  edit('manifest', 'tool count_words E0 tools/count_words.json', 'tool count_words E3 tools/count_words.json dry-run');
  edit('manifest', 'version 0.1.0', 'version 0.2.0');
  edit('plugin.py', 'words = args["text"].split()', 'words = host.fetch("GET", "https://api.example.com/words")["body"].split()');
  fs.writeFileSync(path.join(project, 'tests.json'), JSON.stringify([{ name: 'fetched words are counted', tool: 'count_words', args: { text: 'x' },
    told: [{ method: 'host/fetch', result: { status: 200, headers: {}, body: 'three small words' } }], expect: { text: '3 words; the longest is "three".' } }]));
  second = publish(project, first);
  run(['market', 'update', 'shop']);
  await page.goto(at);
  await page.getByTestId('install-form').getByRole('button', { name: 'Update to version 0.2.0' }).click();
  await approve();
  equal(record().serial, 1);
  await page.goto(at);
  const held = await page.getByTestId('held-why').textContent();
  for (const part of ['https://api.example.com:443', 'E3']) holds(held, part);
  holds(await page.getByTestId('plugin-notice').first().textContent(), 'waits for an admin');
  await look('plugin-held');
  await page.goto(`${d.url}/-/admin`);
  await page.getByRole('link', { name: 'Look at acme/words' }).waitFor();
  await look('admin-notices');
});
await s.test('every difference: lines, capabilities, files', async () => {
  await page.goto(at);
  await page.getByTestId('held').getByTestId('vet-link').click();
  holds(await page.getByTestId('widened').textContent(), 'It now reaches https://api.example.com:443');
  equal(await page.locator('[data-testid="vet-pairs"] tr.changed th').allTextContents().then(l => l.map(x => x.replace(' differs', ''))), ['Powers (A, B, C)', 'Worst effect', 'Capabilities', 'Tools']);
  holds(await page.locator('tr.gone').textContent(), '    words = args["text"].split()');
  holds(await page.locator('tr.come').textContent(), '    words = host.fetch("GET", "https://api.example.com/words")["body"].split()');
  holds(await page.locator('[data-testid="vet-files"] li', { hasText: 'plugin.py' }).textContent(), 'changed');
  await look('plugin-vet-diff');
});
await s.test('agreed to through an approval; back again with one click, and the newer one waits', async () => {
  await page.goto(at);
  await page.getByTestId('consent-form').getByRole('button').click();
  await approve('plugin-consent-approval');
  equal(record().serial, 2);
  await page.goto(at);
  holds(await page.getByTestId('plugin-consents').textContent(), '0.2.0');
  holds(await page.getByTestId('plugin-hosts').textContent(), 'https://api.example.com:443');
  await look('plugin-on');
  await page.getByRole('button', { name: 'Go back to version 0.1.0' }).click();
  holds(await text(), 'The version before runs again');
  equal(record().serial, 1);
  await page.getByTestId('held').waitFor();
});
await s.test('given to a group first, then to everybody', async () => {
  await page.goto(`${d.url}/-/plugins`);
  await page.locator('#group-name').fill('staff');
  await page.locator('#group-users').fill('admin');
  await page.getByTestId('group-form').getByRole('button').click();
  holds(await page.getByTestId('groups').textContent(), 'staff');
  await page.goto(at);
  await page.locator('#consent-group').selectOption('staff');
  await page.getByTestId('consent-form').getByRole('button').click();
  await approve();
  equal([record().serial, record().staged_group], [1, 'staff']);
  await page.goto(at);
  await look('plugin-staged');
  await page.getByRole('button', { name: 'Give it to everybody' }).click();
  equal(record().serial, 2);
});
await s.test('the log: head, entries, proof that it only grew; the same as JSON', async () => {
  await page.goto(`${d.url}/-/plugins/log`);
  holds(await page.getByTestId('checkpoint').textContent(), 'shop.example\n');
  await page.locator('#since').fill('2');
  await page.getByTestId('growth-form').getByRole('button').click();
  holds(await page.getByTestId('growth').textContent(), 'It only grew');
  await look('plugins-log');
  const j = JSON.parse((await d.get('/-/plugins/log.json?market=shop&leaf=0&since=1')).body);
  equal([j.inclusion.holds, j.consistency.holds, j.leaves.length], [true, true, j.size]);
  equal((await d.get('/-/plugins/log.json?leaf=99999')).status, 404);
});
await s.test('revoked in the marketplace: the pages say so, and nothing can turn it on', async () => {
  run(['market', 'revoke', shop, 'acme/words', '2', '--key', 'root']);
  run(['market', 'update', 'shop']);
  await page.goto(at);
  equal(await page.getByTestId('plugin-state').textContent(), 'Revoked');
  holds(await page.getByTestId('plugin-notice').first().textContent(), 'was revoked');
  equal(await page.getByRole('button', { name: 'Turn it on' }).count(), 0);
  await look('plugin-revoked');
});
await s.test('what an organisation made for itself is not shown to strangers', async () => {
  const own = path.join(home, 'inner');
  run(['plugin', 'new', 'acme/inner', '--lang', 'python', '--to', own, '--publisher', 'acme.example/2026a']);
  for (const a of ['manifest', 'plugin.py', 'tests.json', 'tools/count_words.json']) fs.writeFileSync(path.join(own, a), fs.readFileSync(path.join(own, a), 'utf8').replaceAll('count_words', 'count_inner').replace('Word counter', 'Inner counter'));
  fs.renameSync(path.join(own, 'tools/count_words.json'), path.join(own, 'tools/count_inner.json'));
  run(['plugin', 'pack', own, '--out', path.join(home, 'inner-1')]);
  run(['plugin', 'sign', path.join(home, 'inner-1'), '--key', 'acme']);
  run(['plugin', 'install', path.join(home, 'inner-1'), '--key', 'acme']);
  await page.goto(`${d.url}/-/plugins`);
  holds(await page.locator('[data-plugin="acme/inner"]').textContent(), 'private');
  must(!(await d.get('/-/plugins')).body.includes('acme/inner'), 'a stranger reads of it');
  equal((await d.get('/-/plugins/acme/inner')).status, 404);
  await page.goto(`${d.url}/-/plugins/acme/inner`);
  holds(await text(), 'made for this deployment alone');
});
await s.test('two plugins that must not meet: the verdict says why before anybody tries', async () => {
  const made = (name, lines, effect) => {
    const folder = path.join(home, name);
    run(['plugin', 'new', `acme/${name}`, '--lang', 'python', '--to', folder, '--publisher', 'acme.example/2026a']);
    for (const a of ['manifest', 'plugin.py', 'tests.json', 'tools/count_words.json']) fs.writeFileSync(path.join(folder, a), fs.readFileSync(path.join(folder, a), 'utf8').replaceAll('count_words', `count_${name}`));
    fs.renameSync(path.join(folder, 'tools/count_words.json'), path.join(folder, `tools/count_${name}.json`));
    const manifest = path.join(folder, 'manifest');
    fs.writeFileSync(manifest, fs.readFileSync(manifest, 'utf8').replace(new RegExp(`^tool .*`, 'm'), `tool count_${name} ${effect}`) + lines);
    run(['plugin', 'pack', folder, '--out', path.join(home, `${name}-1`)]);
    run(['plugin', 'sign', path.join(home, `${name}-1`), '--key', 'acme']);
    return path.join(home, `${name}-1`);
  };
  run(['plugin', 'install', made('reader', 'cap read.dataset private\n', 'E0 tools/count_reader.json'), '--key', 'acme', '--enable']);
  run(['plugin', 'install', made('sender', 'cap net GET https://api.example.com:443\n', 'E3 tools/count_sender.json dry-run'), '--key', 'acme']);
  await page.goto(`${d.url}/-/plugins/acme/sender`);
  holds(await page.getByTestId('verdict').textContent(), 'With acme/sender enabled, acme/reader may not read private data');
  await look('plugin-verdict');
  await page.getByTestId('enable-form').getByRole('button', { name: 'Turn it on' }).click();
  await approve('plugin-refused');
  const list = JSON.parse(run(['plugin', 'list', '--json'])).plugins;
  equal(list.find(p => p.id === 'acme/sender').state, 'off');
});
await s.test('visitors see what it is, and none of what admins decide; without scripts all of it works', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto(at);
  const shown = await plain.textContent('main');
  holds(shown, 'What it can do');
  for (const secret of ['staff', 'Turn it on', 'Look into', 'Who agreed']) must(!shown.includes(secret), `a visitor reads ${secret}`);
  equal((await d.get('/-/plugins/acme/words/vet')).status, 401);
  equal((await d.post('/-/plugins/acme/words', { do: 'rollback' })).status, 401);
  await context.close();
});
await s.test('the help about plugins reads well', async () => {
  for (const name of ['plugins', 'plugins-reference', 'plugins-threats']) {
    equal((await page.goto(`${d.url}/-/docs/${name}`)).status(), 200, name);
    await look(`docs-${name}`);
  }
});
await s.test('the browser complained of nothing but the 404', async () => equal(page.complaints.filter(c => !/404/.test(c)), []));
await browser.close();
d.stop();
fs.rmSync(home, { recursive: true, force: true });
s.end();
