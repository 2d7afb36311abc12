// browser: Debian's Chromium under playwright-core, with every console error and policy violation kept.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './deployment.mjs';

const require = createRequire(import.meta.url);
export const SHOTS = process.env.LYCEUM_SHOTS ?? path.join(ROOT, 'build-test', 'shots');

export async function launch() {
  const { chromium } = require('playwright-core');
  fs.mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
    '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
}

// A page with its complaints: console errors, page errors, CSP violations.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', m => { if (m.type() === 'error') page.complaints.push(m.text()); });
  page.on('pageerror', e => page.complaints.push(String(e)));
  return page;
}

// axe-core over the page as it is; playwright's evaluate is not bound by the page's policy.
export async function axe(page) {
  await page.evaluate(fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(' | ')}`);
}

// Does anything stick out to the right of the window?
export async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

export const shot = (page, name) => page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
