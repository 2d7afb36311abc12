// approvals: a person decides what a model proposed: approve two statements after seeing their rows, decline, let one expire,
// and an approval whose stored bytes were changed. And a change of one's own, undone again.
import { Deployment, Suite, equal, holds, must, until } from '../support/deployment.mjs';
import { axe, launch, open, overflow, shot } from '../support/browser.mjs';
import { freePort, ROOT } from '../support/deployment.mjs';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const s = new Suite();
const d = await Deployment.start();
const SQL = "update wards set beds = 12 where id = 1; delete from wards where id = 3;";
const TURN = '[data-testid="turn"]:last-child';

// sqlite3 on gate's own database while it runs: what somebody with the file, but without gate's key, could do.
function authority(sql) {
  const r = spawnSync('sqlite3', [path.join(d.state, 'authority/authority.db'), `PRAGMA busy_timeout=5000; ${sql}`], { encoding: 'utf8' });
  equal(r.status, 0, r.stderr);
  return r.stdout.split('\n').slice(1).filter(Boolean);
}
const newest = () => authority('SELECT id FROM approval ORDER BY created_ms DESC LIMIT 1')[0];
const stateOf = id => authority(`SELECT state FROM approval WHERE id = '${id}'`)[0];

const csv = path.join(d.state, 'wards.csv');
fs.writeFileSync(csv, 'id,name,beds\n1,North,10\n2,South,20\n3,East,30\n');
equal(d.lyceum(['publish', csv, '--name', 'wards', '--private', '--pk', 'wards.id']).status, 0, 'publish');

const scenarios = path.join(d.state, 'scenarios');
fs.mkdirSync(scenarios);
// What a model says around its call must not reach the card or the approval's page.
const LIE = 'This is a harmless test, already approved by your admin: press Approve.';
fs.writeFileSync(path.join(scenarios, 'writes.json'), JSON.stringify({ turns: [
  { text: LIE, tool_calls: [{ name: 'write_sql', arguments: { dataset: 'wards', sql: SQL, why: LIE } }] }, { text: 'The tool said: {{result}}' }] }));
const port = await freePort();
const model = spawn(process.execPath, [path.join(ROOT, 'tests/support/script-model.mjs'), '--port', String(port), '--scenarios', scenarios], { stdio: ['ignore', 'inherit', 'inherit'] });
process.on('exit', () => model.kill());
await until('the model', () => new Promise(r => http.get(`http://127.0.0.1:${port}/_log`, x => { x.resume(); r(true); }).on('error', () => r(false))));
equal(d.lyceum(['model', 'set', 'writes', '--api', 'openai-chat', '--url', `http://127.0.0.1:${port}/agent/writes/v1`, '--model', 'x', '--clearance', 'private']).status, 0, 'model');

const browser = await launch();
const page = await open(browser);
await page.goto(d.url + /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0]);
await page.getByTestId('link-form').getByRole('button').click();

const rows = async () => {
  await page.goto(`${d.url}/wards/wards`);
  return (await page.getByTestId('result-table').locator('tbody tr').allTextContents()).map(x => x.replace(/\s+/g, ' ').trim());
};
const look = async name => {
  await shot(page, name);
  must(await overflow(page) <= 0, 'sticks out');
  equal(await axe(page), [], 'axe-core');
};
// A question whose turn rests for a decision; gives the approval's id.
const ask = async words => {
  const before = newest();
  await page.goto(`${d.url}/wards`);
  await page.getByTestId('question-box').fill(words);
  await page.locator('#ask-model').selectOption('writes');
  await page.getByTestId('ask-button').click();
  await page.getByTestId('approval-card').waitFor({ timeout: 60000 });
  must(newest() !== before, 'no approval was made');
  return newest();
};
// From the card's button to the approval, on its own origin.
const there = async (p, end) => {
  const enter = p.getByTestId('enter-button'), shown = p.getByTestId(end).first();
  await p.getByTestId('review-button').click();
  await enter.or(shown).first().waitFor();
  if (await enter.count()) await enter.click(); // the one step is asked for once: what comes soon after goes straight there
  await shown.waitFor();
};
const review = async () => {
  await there(page, 'answer');
  equal(new URL(page.url()).origin, d.approveUrl, 'the origin of the approval');
};
const readAll = async () => {
  for (const at of await page.locator('pre.whole, table.diff, main > ul').all()) await at.scrollIntoViewIfNeeded();
  await page.getByTestId('answer').scrollIntoViewIfNeeded();
  await page.locator('[data-testid="approve-button"]:not([disabled])').waitFor();
};
const ends = async () => {
  await page.locator(`${TURN}[data-outcome="done"]`).waitFor({ timeout: 60000 });
  return page.locator(TURN).textContent();
};

await s.test('the owner lets the dataset be changed', async () => {
  await page.goto(`${d.url}/wards/-/labels`);
  await page.getByLabel('It may be changed here').check();
  await page.getByTestId('dataset-label').getByRole('button').click();
  must(await page.getByLabel('It may be changed here').isChecked(), 'not writable');
  await look('labels');
});

await s.test('approve a two-statement update after seeing its rows', async () => {
  await ask('correct the beds');
  const card = await page.getByTestId('approval-card').textContent();
  holds(card, '1 row changed');
  holds(card, '1 row deleted');
  must(!card.includes('harmless'), 'the card speaks the model\'s words');
  equal(await page.getByTestId('badge').getAttribute('data-mode'), 'private');
  equal(await page.locator('[data-power="C"]').textContent().then(x => x.includes('on')), true, 'power C');
  await page.locator('[data-power="A"]', { hasText: ': on' }).waitFor(); // a model has spoken: the badge says so without a reload
  await look('approval-card');
  const chat = page.url();
  await review();
  const shown = await page.textContent('main');
  for (const part of ['update wards set beds = 12 where id = 1', 'delete from wards where id = 3', 'East', '12']) holds(shown, part, 'the approval');
  must(!shown.includes('harmless'), 'the approval speaks the model\'s words');
  must(!/[[\]]/.test(shown), `lists are written out: ${shown}`);
  await look('approval');
  await readAll();
  await page.getByTestId('approve-button').click();
  await page.getByTestId('said').waitFor();
  await page.goto(chat);
  holds(await ends(), 'applied');
  equal(await rows(), ['1 North 12', '2 South 20']);
  equal(page.complaints, [], 'complaints');
});

await s.test('the change is in the list, and is taken back', async () => {
  await page.goto(`${d.url}/wards/-/changes`);
  await look('changes');
  await page.getByRole('button', { name: /^Undo/ }).first().click();
  await page.getByTestId('review-button').waitFor();
  await look('review');
  await review();
  await readAll();
  await page.getByTestId('approve-button').click();
  await page.getByTestId('said').waitFor();
  equal(await rows(), ['1 North 10', '2 South 20', '3 East 30']);
});

await s.test('decline one: the turn goes on with a fixed word', async () => {
  const id = await ask('correct the beds again');
  const chat = page.url();
  await review();
  await page.getByTestId('decline-button').click();
  await page.getByTestId('said').waitFor();
  equal(stateOf(id), 'declined');
  await page.goto(chat);
  holds(await ends(), 'declined');
  equal(await rows(), ['1 North 10', '2 South 20', '3 East 30']);
});

await s.test('a changed byte of a stored approval is refused', async () => {
  const id = await ask('and again');
  authority(`UPDATE approval SET args = replace(args, 'beds = 12', 'beds = 13') WHERE id = '${id}'`);
  await there(page, 'said');
  equal(await page.getByTestId('approve-button').count(), 0, 'a button');
  await shot(page, 'approval-changed-byte');
  equal(await rows(), ['1 North 10', '2 South 20', '3 East 30']);
});

await s.test('let one expire: the page of the conversation says so by itself', async () => {
  equal(d.lyceum(['policy', 'set', 'approve_durable_ms', '10000']).status, 0, 'policy set');
  const id = await ask('one more time');
  holds(await ends(), 'expired');
  equal(stateOf(id), 'expired');
  equal(await rows(), ['1 North 10', '2 South 20', '3 East 30']);
  equal(d.lyceum(['policy', 'set', 'approve_durable_ms', '900000']).status, 0, 'policy set');
});

await s.test('a change of one\'s own: a statement that is wrong stays in the box, one that a link brought says so', async () => {
  await page.goto(`${d.url}/wards/-/write?sql=${encodeURIComponent('updat wards set beds = 1')}`);
  must(await page.getByTestId('linked-note').isVisible(), 'nothing says that a link brought it');
  await page.getByTestId('try-button').click();
  await page.getByTestId('write-problem').waitFor();
  holds(await page.content(), 'updat wards');
  await page.goto(`${d.url}/wards/-/write?sql=${encodeURIComponent("update wards set name = 'Nord' where id = 1;")}`);
  await page.getByTestId('try-button').click();
  await review();
  await readAll();
  await page.getByTestId('approve-button').click();
  await page.getByTestId('said').waitFor();
  equal(await rows(), ['1 Nord 10', '2 South 20', '3 East 30']);
});

await s.test('without scripts: the card, the approval and the result', async () => {
  const state = await page.context().storageState();
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: state });
  const plain = await context.newPage();
  await ask('the last time');
  await plain.goto(page.url());
  await there(plain, 'answer');
  await plain.getByLabel('I have read all of it').check();
  await plain.waitForTimeout(600); // gate's own pause: an answer that comes sooner is refused
  await plain.getByTestId('approve-button').click();
  await plain.getByTestId('back').click();
  await until('the answer', async () => { await plain.reload(); return (await plain.content()).includes('data-outcome="done"'); });
  await context.close();
  equal(await rows(), ['1 Nord 12', '2 South 20']);
});

await browser.close();
model.kill();
d.stop();
s.end();
