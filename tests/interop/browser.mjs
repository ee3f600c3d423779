// Uses the page /verify of a node in Chromium, with and without JavaScript, and lets axe-core look at what it sees. What to do
// comes as JSON on standard input, what was seen goes as one line of JSON to standard output.
//
//   {"chromium": path, "base": URL, "languages": [tag, …], "pages": [URL, …], "files": {name: path}, "text": badge,
//    "shots": folder or null}
import {text} from 'node:stream/consumers';
import {basename} from 'node:path';
import {readFileSync} from 'node:fs';
import axe from 'axe-core';
import puppeteer from 'puppeteer-core';

const {chromium, base, languages, pages, files, text: badge, shots} = JSON.parse(await text(process.stdin));
const SCREENS = {wide: {width: 1280, height: 900}, phone: {width: 390, height: 844, isMobile: true, hasTouch: true}};
const SCHEMES = ['light', 'dark'];

const browser = await puppeteer.launch({
  executablePath: chromium,
  headless: true,
  // Chromium refuses to run as root with its sandbox.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : []
});
const seen = {awake: 0, looks: [], verdicts: [], keyboard: null, print: null};
try {
  for(const screen of Object.keys(SCREENS)) {
    for(const scheme of SCHEMES) {
      await withPage({screen, scheme}, async page => {
        for(const url of pages) {
          await page.goto(url);
          seen.looks.push(await look(page, `${screen}-${scheme}-${new URL(url).pathname}`));
        }
        for(const language of languages) {
          await page.goto(`${base}/verify?lang=${language}`);
          await open(page);
          seen.looks.push(await look(page, `${screen}-${scheme}-form-${language}`));
        }
        for(const [name, path] of Object.entries(files)) {
          const headline = await checkFile(page, path);
          seen.verdicts.push({name, how: `${screen} ${scheme}`, headline});
          seen.looks.push(await look(page, `${screen}-${scheme}-${name}`));
        }
      });
    }
  }
  for(const [name, path] of Object.entries(files)) {
    await withPage({script: false}, async page => {
      seen.verdicts.push({name, how: 'without JavaScript', headline: await checkFile(page, path)});
    });
    await withPage({}, async page => {
      seen.verdicts.push({name, how: 'dropped', headline: await drop(page, path)});
    });
  }
  await withPage({}, async page => { seen.keyboard = await byKeyboard(page); });
  await withPage({}, async page => {
    await page.goto(`${base}/verify`);
    await page.evaluate(() => document.querySelectorAll('label').forEach(label => label.remove()));
    seen.awake = (await look(page, 'without-labels')).violations.length;
  });
  await withPage({}, async page => {
    await checkFile(page, Object.values(files)[0]);
    await page.emulateMediaType('print');
    seen.print = await page.evaluate(() => ({
      verdict: document.querySelector('h1').checkVisibility(),
      button: document.querySelector('.again a').checkVisibility()
    }));
  });
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(seen) + '\n');

async function withPage({screen = 'wide', scheme = 'light', script = true}, work) {
  const page = await browser.newPage();
  page.complaints = [];
  page.on('console', message => {
    if(['error', 'warn'].includes(message.type())) {
      page.complaints.push(message.text());
    }
  });
  page.on('pageerror', error => page.complaints.push(String(error)));
  await page.setJavaScriptEnabled(script);
  await page.setViewport(SCREENS[screen]);
  await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}]);
  await work(page);
  await page.close();
}

async function open(page) {
  await page.evaluate(() => document.querySelectorAll('details').forEach(details => { details.open = true; }));
}

// What axe-core objects to, whether the page is wider than the screen, and what the browser complained about.
async function look(page, name) {
  await page.evaluate(axe.source);
  const {violations} = await page.evaluate(() => globalThis.axe.run(document, {resultTypes: ['violations']}));
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if(shots) {
    await page.screenshot({path: `${shots}/${name.replaceAll('/', '_')}.png`, fullPage: true});
  }
  return {
    name,
    violations: violations.map(({id, nodes}) => `${id}: ${nodes.map(node => node.html).join(' ')}`),
    overflow,
    complaints: page.complaints.splice(0)
  };
}

async function checkFile(page, path) {
  await page.goto(`${base}/verify`);
  const input = await page.$('#file');
  await input.uploadFile(path);
  await Promise.all([page.waitForNavigation(), page.click('form button')]);
  return headline(page);
}

async function drop(page, path) {
  await page.goto(`${base}/verify`);
  const invited = await page.$eval('#drop', hint => hint.checkVisibility());
  const bytes = readFileSync(path).toString('base64');
  await Promise.all([page.waitForNavigation(), page.evaluate((bytes, name) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], name));
    for(const type of ['dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}));
    }
  }, bytes, basename(path))]);
  return invited ? headline(page) : 'the page does not say that a file can be dropped';
}

// From the top with Tab to the text, and on to the button; what had the focus on the way.
async function byKeyboard(page) {
  await page.goto(`${base}/verify`);
  const way = [];
  const focus = () => page.evaluate(() => {
    const at = document.activeElement;
    return at.id || at.className || at.getAttribute('lang') || at.tagName.toLowerCase();
  });
  const tab = async wanted => {
    for(let steps = 0; steps < 20; steps++) {
      await page.keyboard.press('Tab');
      way.push(await focus());
      if(way.at(-1) === wanted) {
        return;
      }
    }
    throw new Error(`Tab does not come to ${wanted}: ${way}`);
  };
  await tab('summary');
  await page.keyboard.press('Enter');
  await tab('text');
  await page.keyboard.sendCharacter(badge);
  await tab('button main');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  return {way, headline: await headline(page)};
}

async function headline(page) {
  return page.$eval('h1', heading => heading.textContent);
}
