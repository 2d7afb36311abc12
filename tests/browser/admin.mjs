// admin: what an admin does in the browser: users, datasets and their revisions, models with key and test, servers found, health.
import { Deployment, Suite, equal, holds, must } from '../support/deployment.mjs';
import { launch, open, shot } from '../support/browser.mjs';
import { scriptModel } from '../support/model.mjs';
import fs from 'node:fs';
import path from 'node:path';

const s = new Suite();
const d = await Deployment.start();
const model = await scriptModel();
const browser = await launch();
const csv = n => { const p = path.join(d.state, 'towns.csv'); fs.writeFileSync(p, 'id,name\n' + Array.from({ length: n }, (_, i) => `${i + 1},Town ${i + 1}`).join('\n') + '\n'); return p; };
for (const n of [3, 5]) equal(d.lyceum(['publish', csv(n), '--name', 'towns', '--public']).status, 0);
const page = await open(browser);
const text = () => page.textContent('main');
const rows = async () => JSON.parse((await d.get('/towns/-/query.json?sql=select+count(*)+as+n+from+towns')).body).rows?.[0]?.n;
await page.goto(d.url + /\/-\/signin\/link\/[A-Za-z0-9_-]+/.exec(d.lyceum(['signin-link', 'admin']).stdout)[0]);
await page.getByTestId('link-form').getByRole('button').click();

await s.test('a user is added', async () => {
  await page.goto(`${d.url}/-/admin/users`);
  await page.locator('input[name="name"]:visible').first().fill('vera');
  await page.getByRole('button', { name: /add/i }).first().click();
  holds(await text(), 'vera');
  await shot(page, 'admin-users');
  const made = JSON.parse(d.lyceum(['user', 'list', '--json']).stdout);
  must(JSON.stringify(made).includes('vera'), JSON.stringify(made));
});
// What is authority is not done by a click: it is brought before the admin, with the password again.
const role = name => JSON.parse(d.lyceum(['user', 'list', '--json']).stdout).users.find(u => u.name === name);
const PASSWORD = 'correct horse battery';
async function decide(answer) {
  const enter = page.getByTestId('enter-button'), shown = page.getByTestId('answer');
  await page.getByTestId('review-button').click();
  await enter.or(shown).first().waitFor();
  if (await enter.count()) await enter.click();
  await shown.waitFor();
  holds(await page.textContent('main'), 'vera');
  for (const part of await page.$$('dd, li, pre, td')) await part.scrollIntoViewIfNeeded();
  await page.locator('[data-testid="approve-button"]:not([disabled])').waitFor();
  await page.fill('#password', PASSWORD);
  await page.getByTestId(`${answer}-button`).click();
  await page.getByTestId('said').waitFor();
}
const press = async (name, button) => {
  await page.goto(`${d.url}/-/admin/users`);
  await page.locator('tr', { hasText: name }).locator(`button[value="${button}"]`).click();
};
await s.test('a role is changed and an account disabled after an approval with the password; declined, nothing is', async () => {
  await page.goto(`${d.url}/-/account`);
  await page.locator('form[action="/-/account/password"] input[name="password"]').fill(PASSWORD);
  await page.locator('form[action="/-/account/password"] button[type="submit"]').click();
  await press('vera', 'admin');
  equal(role('vera').role, 'member', 'before the approval');
  await decide('decline');
  equal(role('vera').role, 'member', 'declined');
  await press('vera', 'admin');
  await decide('approve');
  equal(role('vera').role, 'admin');
  await press('vera', 'disable');
  await decide('approve');
  equal(role('vera').disabled, true);
});
await s.test('a model is added with its key, tested, and removed', async () => {
  await page.goto(`${d.url}/-/admin/models`);
  const key = page.locator('form', { has: page.getByRole('button', { name: 'Store key' }) });
  await key.locator('input').nth(0).fill('SCRIPT_KEY');
  await key.locator('input').nth(1).fill('sk-secret-of-the-test');
  await key.getByRole('button', { name: 'Store key' }).click();
  holds(await text(), 'SCRIPT_KEY');
  must(!(await page.content()).includes('sk-secret-of-the-test'), 'the key is on the page');
  const form = page.locator('form', { has: page.getByRole('button', { name: 'Save' }) }).last();
  await form.getByLabel('Name', { exact: true }).fill('script');
  await form.getByLabel('Base address').fill(`${model.url}/agent/declines/v1`);
  await form.getByLabel('Model at the provider').fill('scripted');
  await form.getByLabel('Name of its key').fill('SCRIPT_KEY');
  await form.getByRole('button', { name: 'Save' }).click();
  holds(await text(), 'script');
  await page.getByRole('button', { name: /^test/i }).first().click();
  await shot(page, 'admin-model-tested');
  must(!/could not|refused|failed/i.test(await text()), await text());
  await page.getByRole('button', { name: /look for/i }).click();
  await shot(page, 'admin-models-found');
  equal(await page.locator('h1').textContent(), 'Language models');
});
await s.test('a dataset is rolled back, hidden from visitors, and withdrawn', async () => {
  equal(await rows(), 5);
  await page.goto(`${d.url}/-/admin/datasets`);
  await page.getByRole('link', { name: /towns/ }).first().click();
  await shot(page, 'admin-dataset');
  page.on('dialog', x => x.accept());
  await page.getByRole('button', { name: /roll|use this|make current|go back/i }).first().click();
  equal(await rows(), 3);
  await page.locator('select[name="visibility"]').selectOption('private');
  await page.getByRole('button', { name: /save/i }).first().click();
  equal((await d.get('/towns')).status, 404);
  await page.getByRole('button', { name: /unpublish|withdraw/i }).first().click();
  equal((await page.goto(`${d.url}/towns`)).status(), 404);
});
await s.test('health says that everything answers', async () => {
  await page.goto(`${d.url}/-/admin/health`);
  must(!/wrong|does not answer/i.test(await text()), await text());
});
await s.test('the browser complained of nothing but the 404', async () => equal(page.complaints.filter(c => !/404/.test(c)), []));
await browser.close();
model.stop();
d.stop();
s.end();
