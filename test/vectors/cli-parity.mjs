// Plays small stories of `nsc` commands in an empty home folder, looks at what is on disk afterwards, and compares that with
// what nsc 2.14 left. Keys, times, tokens and ports are put into a normal form first; what means the same is equal.

import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';

const AHEAD = 30;

// ---------------------------------------------------------------------------
// nkeys
// ---------------------------------------------------------------------------

const B32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function b32decode(s) {
  let bits = 0;
  let value = 0;
  const out = [];
  for (const c of s) {
    const i = B32.indexOf(c);
    if (i < 0) return null;
    value = ((value << 5) | i) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push((value >> bits) & 0xff);
    }
  }
  return Buffer.from(out);
}

function b32encode(buf) {
  let bits = 0;
  let value = 0;
  let out = '';
  for (const b of buf) {
    value = ((value << 8) | b) & 0x1fff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += B32[(value >> bits) & 31];
    }
  }
  if (bits > 0) out += B32[(value << (5 - bits)) & 31];
  return out;
}

function crc16(buf) {
  let crc = 0;
  for (const b of buf) {
    crc ^= b << 8;
    for (let i = 0; i < 8; i++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

const PREFIX = { O: 14 << 3, A: 0, U: 20 << 3, N: 13 << 3, C: 2 << 3, X: 23 << 3 };
const LETTER = Object.fromEntries(Object.entries(PREFIX).map(([k, v]) => [v, k]));

function checked(s) {
  const raw = b32decode(s);
  if (!raw || raw.length < 4) return null;
  const data = raw.subarray(0, raw.length - 2);
  return crc16(data) === raw.readUInt16LE(raw.length - 2) ? data : null;
}

/** Public key text -> { letter, raw } or null. */
function parsePublic(s) {
  if (!/^[OAUNCX][A-Z2-7]{55}$/.test(s)) return null;
  const d = checked(s);
  if (!d || d.length !== 33 || LETTER[d[0]] !== s[0]) return null;
  return { letter: s[0], raw: d.subarray(1) };
}

const seedCache = new Map();

/** Seed text -> public key text, or null when it is not a valid seed. */
function seedToPublic(s) {
  if (seedCache.has(s)) return seedCache.get(s);
  let pub = null;
  const d = /^S[OAUNCX][A-Z2-7]{56}$/.test(s) ? checked(s) : null;
  if (d && d.length === 34 && (d[0] & 0xf8) === 18 << 3) {
    const prefix = ((d[0] & 7) << 5) | (d[1] >> 3);
    const letter = LETTER[prefix];
    if (letter) {
      const der = Buffer.concat([
        Buffer.from(letter === 'X' ? '302e020100300506032b656e04220420' : '302e020100300506032b657004220420', 'hex'),
        d.subarray(2),
      ]);
      const key = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      const spki = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' });
      pub = encodePublic(prefix, spki.subarray(spki.length - 32));
    }
  }
  seedCache.set(s, pub);
  return pub;
}

function encodePublic(prefix, raw) {
  const data = Buffer.concat([Buffer.from([prefix]), raw]);
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(data));
  return b32encode(Buffer.concat([data, crc]));
}

function verify(pub, data, sig) {
  const p = parsePublic(pub);
  if (!p || sig.length !== 64) return false;
  const key = crypto.createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), p.raw]),
    format: 'der',
    type: 'spki',
  });
  return crypto.verify(null, data, key, sig);
}

function signWithSeed(seed, data) {
  const d = checked(seed);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), d.subarray(2)]);
  return crypto.sign(null, data, crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

// ---------------------------------------------------------------------------
// JWT
// ---------------------------------------------------------------------------

const TOKEN = /eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g;
const decoded = new Map();

/** Token -> { header, claims, problems } or null. */
function decodeToken(token) {
  if (decoded.has(token)) return decoded.get(token);
  let out = null;
  const parts = token.split('.');
  try {
    const header = JSON.parse(Buffer.from(parts[0], 'base64url').toString('utf8'));
    const claims = JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8'));
    if (header && claims && typeof claims === 'object') {
      const problems = [];
      const old = header.alg === 'ed25519';
      const signed = Buffer.from(old ? parts[1] : `${parts[0]}.${parts[1]}`);
      if (!verify(String(claims.iss), signed, Buffer.from(parts[2], 'base64url'))) {
        problems.push('the signature does not verify with the issuer key');
      }
      if (!old && claims.jti !== jtiOf(claims)) problems.push('jti is not the hash of the claims');
      out = { header, claims, problems };
    }
  } catch {
    out = null;
  }
  decoded.set(token, out);
  return out;
}

function goString(s) {
  return JSON.stringify(s).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The id is the hash of the standard claims without the id itself. */
function jtiOf(c) {
  const parts = [];
  for (const k of ['aud', 'exp', 'iat', 'iss', 'name', 'nbf', 'sub']) {
    const v = c[k];
    if (v === undefined || v === '' || v === 0 || v === null) continue;
    parts.push(`"${k}":${typeof v === 'string' ? goString(v) : v}`);
  }
  return b32encode(crypto.createHash('sha512-256').update(`{${parts.join(',')}}`).digest());
}

// ---------------------------------------------------------------------------
// small helpers
// ---------------------------------------------------------------------------

const nowS = () => Math.floor(Date.now() / 1000);
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const cmp = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function sortedJson(v) {
  if (Array.isArray(v)) return `[${v.map(sortedJson).join(',')}]`;
  if (v && typeof v === 'object') {
    return `{${Object.keys(v)
      .sort()
      .map((k) => `${JSON.stringify(k)}:${sortedJson(v[k])}`)
      .join(',')}}`;
  }
  return JSON.stringify(v);
}

function sortKeys(v) {
  if (Array.isArray(v)) return v.map(sortKeys);
  if (v && typeof v === 'object') return Object.fromEntries(Object.keys(v).sort().map((k) => [k, sortKeys(v[k])]));
  return v;
}

/** A free port outside the range that outgoing connections use. */
async function freePort() {
  for (let i = 0; i < 50; i++) {
    const port = 14000 + crypto.randomInt(16000);
    const ok = await new Promise((resolve) => {
      const s = net.createServer();
      s.once('error', () => resolve(false));
      s.listen(port, '127.0.0.1', () => s.close(() => resolve(true)));
    });
    if (ok) return port;
  }
  throw new Error('no free port found');
}

function walk(root) {
  const files = [];
  const dirs = [];
  const go = (dir, rel) => {
    let entries;
    try {
      entries = fs.readdirSync(dir, { withFileTypes: true });
    } catch {
      return;
    }
    for (const e of entries.sort((a, b) => cmp(a.name, b.name))) {
      const p = path.join(dir, e.name);
      const r = rel ? `${rel}/${e.name}` : e.name;
      if (e.isDirectory()) {
        dirs.push({ rel: r, mode: fs.statSync(p).mode & 0o7777 });
        go(p, r);
      } else if (e.isFile()) {
        files.push({ rel: r, abs: p, mode: fs.statSync(p).mode & 0o7777 });
      } else if (e.isSymbolicLink()) {
        files.push({ rel: r, abs: p, mode: 0, link: fs.readlinkSync(p) });
      }
    }
  };
  go(root, '');
  return { files, dirs };
}

// ---------------------------------------------------------------------------
// dates: the same grammar as --start and --expiry
// ---------------------------------------------------------------------------

/** Returns a function "seconds at which it was evaluated" -> seconds, with a label; or null. */
function relativeTime(value) {
  if (value === '' || value === '0' || value.includes('.')) return null;
  if (/\d{4}-\d{2}-\d{2}/.test(value)) return null;
  const m = /(-?\d+)([mhdMyw])/.exec(value);
  if (!m) return null;
  const n = Number(m[1]);
  if (n === 0) return null;
  const sign = n < 0 ? '' : '+';
  const fixed = { m: 60, h: 3600, d: 86400, w: 7 * 86400 }[m[2]];
  if (fixed) return { label: `<now${sign}${n * fixed}s>`, at: (t) => t + n * fixed };
  const months = m[2] === 'y' ? n * 12 : n;
  return {
    label: `<now${sign}${months}M>`,
    at: (t) => {
      const d = new Date(t * 1000);
      return Math.floor(
        Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + months, d.getUTCDate(), d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()) / 1000,
      );
    },
  };
}

const TIME_FLAGS = new Set(['--expiry', '--start', '--within', '-e']);

// ---------------------------------------------------------------------------
// one scenario
// ---------------------------------------------------------------------------

class Scenario {
  constructor(def, opts) {
    this.def = def;
    this.opts = opts;
    this.names = new Map(); // public key -> role name
    this.taken = new Set();
    this.seen = new Map(); // public key -> order of first appearance
    this.skCount = new Map();
    this.tokensSeen = new Set();
    this.entities = [];
    this.history = new Map(); // reference -> { pub, token }
    this.outs = [];
    this.times = [];
    this.start = nowS();
    this.warnings = [];
    this.servers = [];
    this.given = new Set(); // public keys whose seeds came with the scenario
  }

  async run() {
    const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'cli-parity-')));
    this.base = base;
    this.home = path.join(base, 'home');
    this.aux = path.join(base, 'aux');
    fs.mkdirSync(this.home, { mode: 0o755 });
    fs.mkdirSync(this.aux);
    const result = { steps: [], outputs: {} };
    try {
      if (this.def.server) {
        this.port = await freePort();
      }
      if (this.def.accountServer) await this.startAccountServer();
      for (const [p, content] of Object.entries(this.def.files ?? {})) this.writeFile(p, content);
      this.observe([]);
      let index = 0;
      for (const step of this.def.steps) {
        await this.step(step, index, result);
        index++;
      }
      await this.stopServers();
      this.observe([]);
      Object.assign(result, this.state());
      for (const [id, cap] of Object.entries(this.captures ?? {})) result.outputs[id] = this.capture(cap);
      result.steps = result.steps.map((s, i) => ({
        exit: s.exit,
        ...(s.stdout ? { stdout: this.text(s.stdout, this.def.steps[i].args) } : {}),
        ...(s.stderr ? { stderr: this.text(s.stderr, this.def.steps[i].args) } : {}),
      }));
    } finally {
      await this.stopServers();
      if (this.httpServer) await new Promise((r) => this.httpServer.close(r));
      fs.rmSync(base, { recursive: true, force: true });
    }
    result.warnings = this.warnings;
    return result;
  }

  abs(p) {
    const v = this.subst(p);
    return path.isAbsolute(v) ? v : path.join(this.home, v);
  }

  writeFile(p, content) {
    const f = this.abs(p);
    fs.mkdirSync(path.dirname(f), { recursive: true, mode: 0o700 });
    const text = this.subst(typeof content === 'string' ? content : JSON.stringify(content));
    this.noteSeeds(text);
    fs.writeFileSync(f, text, { mode: 0o600 });
  }

  // ----- steps -----

  async step(step, index, result) {
    const id = step.id ?? String(index);
    if (!step.args) {
      try {
        await this.fileStep(step);
      } catch (err) {
        result.steps.push({ exit: `tool: ${this.tidy(err.message)}` });
        this.outs.push({ id, stdout: '', stderr: '' });
        return;
      }
      this.observe([]);
      result.steps.push({ exit: 0 });
      this.outs.push({ id, stdout: '', stderr: '' });
      return;
    }
    let args;
    let env;
    let cwd;
    let stdin;
    try {
      args = step.args.map((a) => this.subst(a));
      env = Object.fromEntries(Object.entries({ ...this.def.env, ...step.env }).map(([k, v]) => [k, this.subst(v)]));
      cwd = step.cwd ? this.abs(step.cwd) : this.home;
      stdin = step.stdin === undefined ? undefined : this.subst(step.stdin);
      if (!fs.existsSync(cwd)) throw new Error(`no directory ${step.cwd} to run in`);
    } catch (err) {
      result.steps.push({ exit: `placeholder: ${err.message}` });
      this.outs.push({ id, stdout: '', stderr: '' });
      this.warnings.push(`step ${id}: ${err.message}`);
      return;
    }
    for (const a of args) this.noteSeeds(a);
    const t0 = nowS();
    const r = await this.exec(args, { env, cwd, stdin });
    const t1 = nowS();
    this.noteTimes(args, t0, t1);
    this.outs.push({ id, ...r });
    if (step.capture) (this.captures ??= {})[id] = { kind: step.capture, list: args.includes('list'), ...r };
    this.observe([args.join('\n'), r.stdout, r.stderr]);
    result.steps.push(r);
    if (step.expectFail !== undefined) {
      const failed = r.exit !== 0;
      if (failed !== Boolean(step.expectFail)) {
        this.warnings.push(
          `step ${id} (${step.args.join(' ')}) ${failed ? `failed with ${r.exit}` : 'did not fail'}: ${(r.stderr || r.stdout).trim().slice(0, 300)}`,
        );
        this.unexpected = true;
      }
    }
    if (r.exit === 2 && /goroutine \d+ \[/.test(r.stderr)) {
      this.warnings.push(`step ${id} (${step.args.join(' ')}) crashed: ${r.stderr.slice(0, 300)}`);
      this.unexpected = true;
    }
  }

  async exec(args, { env, cwd, stdin }) {
    const { home } = this;
    return this.opts.exec(args, { cwd, stdin, env: { HOME: home, TZ: 'UTC', LANG: 'C.UTF-8', ...env } });
  }

  async fileStep(step) {
    if (step.write) for (const [p, c] of Object.entries(step.write)) this.writeFile(p, c);
    if (step.mkdir) for (const p of step.mkdir) fs.mkdirSync(this.abs(p), { recursive: true, mode: 0o700 });
    if (step.copy) {
      for (const [from, to] of Object.entries(step.copy)) {
        fs.mkdirSync(path.dirname(this.abs(to)), { recursive: true, mode: 0o700 });
        fs.cpSync(this.abs(from), this.abs(to), { recursive: true });
      }
    }
    if (step.move) {
      for (const [from, to] of Object.entries(step.move)) {
        fs.mkdirSync(path.dirname(this.abs(to)), { recursive: true, mode: 0o700 });
        fs.renameSync(this.abs(from), this.abs(to));
      }
    }
    if (step.remove) {
      for (const p of step.remove) {
        const f = this.abs(p);
        if (!fs.existsSync(f)) throw new Error(`nothing to remove at ${p}`);
        fs.rmSync(f, { recursive: true });
      }
    }
    if (step.chmod) for (const [p, m] of Object.entries(step.chmod)) fs.chmodSync(this.abs(p), Number.parseInt(m, 8));
    if (step.sleep) await sleep(step.sleep);
    if (step.startServer) await this.startServer(step.startServer);
    if (step.stopServer) await this.stopServers();
  }

  // ----- nats-server -----

  async startServer({ config }) {
    const bin = this.opts.serverFor(this.def.server.version);
    const log = fs.openSync(path.join(this.aux, 'server.log'), 'a');
    const child = spawn(bin, ['-c', this.abs(config), '-a', '127.0.0.1', '-p', String(this.port)], {
      cwd: this.home,
      env: { HOME: this.aux, PATH: process.env.PATH, TZ: 'UTC' },
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    let dead = false;
    child.on('exit', () => (dead = true));
    child.on('error', () => (dead = true));
    this.servers.push(child);
    const end = Date.now() + 15000;
    while (Date.now() < end) {
      if (dead) break;
      if (await greets(this.port)) return;
      await sleep(50);
    }
    const tail = fs.readFileSync(path.join(this.aux, 'server.log'), 'utf8').slice(-400);
    throw new Error(`nats-server did not start: ${tail}`);
  }

  async stopServers() {
    for (const child of this.servers.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((r) => child.once('exit', r));
      child.kill('SIGTERM');
      const t = setTimeout(() => child.kill('SIGKILL'), 5000);
      await gone;
      clearTimeout(t);
    }
  }

  // ----- a small HTTP account server, as managed operators have one -----

  async startAccountServer() {
    const cfg = this.def.accountServer;
    this.httpAccounts = new Map();
    this.httpActivations = new Map();
    const prefix = cfg.path ?? '/jwt/v1';
    this.httpServer = http.createServer((req, res) => {
      const chunks = [];
      req.on('data', (c) => chunks.push(c));
      req.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8').trim();
        const url = req.url.replace(/\?.*$/, '').replace('/jwt/v2/', '/jwt/v1/');
        const send = (code, text) => {
          res.writeHead(code, { 'content-type': 'text/plain' });
          res.end(text);
        };
        try {
          if (url === `${prefix}/operator` && req.method === 'GET') return send(200, fs.readFileSync(this.abs(cfg.operator), 'utf8'));
          const acc = new RegExp(`^${prefix}/accounts/([A-Z2-7]+)$`).exec(url);
          if (acc && req.method === 'GET') {
            const t = this.httpAccounts.get(acc[1]);
            return t ? send(200, t) : send(404, 'not found');
          }
          if (acc && req.method === 'POST') {
            if (cfg.refuse) return send(cfg.refuse, 'refused by the account server');
            this.httpAccounts.set(acc[1], this.resign(body, cfg));
            return send(200, cfg.message ?? 'account stored');
          }
          if (url === `${prefix}/activations` && req.method === 'POST') {
            this.httpActivations.set(body, true);
            return send(200, 'activation stored');
          }
          return send(404, 'not found');
        } catch (err) {
          return send(500, err.message);
        }
      });
    });
    await new Promise((r) => this.httpServer.listen(0, '127.0.0.1', r));
    this.httpPort = this.httpServer.address().port;
  }

  /** What a hosted operator does with a self-signed account: sets limits, signs it. */
  resign(token, cfg) {
    if (!cfg.signer) return token;
    const seed = this.subst(cfg.signer);
    const { claims } = decodeToken(token);
    if (cfg.limits) Object.assign(claims.nats.limits, cfg.limits);
    claims.iss = seedToPublic(seed);
    claims.iat = nowS();
    delete claims.jti;
    claims.jti = jtiOf(claims);
    const h = Buffer.from('{"typ":"JWT","alg":"ed25519-nkey"}').toString('base64url');
    const p = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${h}.${p}.${signWithSeed(seed, Buffer.from(`${h}.${p}`)).toString('base64url')}`;
  }

  // ----- what is on disk -----

  /** Looks at the disk and at the given texts and gives names to keys that are new. */
  observe(texts) {
    this.unknown = undefined;
    const { files } = walk(this.home);
    const tokens = [];
    const contents = new Map();
    for (const f of files) {
      if (f.link) continue;
      let text;
      try {
        text = fs.readFileSync(f.abs, 'utf8');
      } catch {
        continue;
      }
      contents.set(f.rel, text);
      for (const m of text.match(TOKEN) ?? []) {
        const d = decodeToken(m);
        if (d) tokens.push({ token: m, d, rel: f.rel, whole: text.trim() === m });
      }
    }
    this.readEntities(tokens);
    const fresh = [];
    const inThis = new Set();
    for (const t of tokens) {
      if (this.tokensSeen.has(t.token) || inThis.has(t.token)) continue;
      inThis.add(t.token);
      fresh.push(t);
    }
    for (const t of inThis) this.tokensSeen.add(t);
    const rank = { operator: 0, account: 1, user: 2 };
    const type = (t) => t.d.claims.nats?.type ?? t.d.claims.type ?? '';
    fresh.sort(
      (a, b) =>
        (rank[type(a)] ?? 9) - (rank[type(b)] ?? 9) ||
        cmp(a.d.claims.name ?? '', b.d.claims.name ?? '') ||
        cmp(keyless(a.rel), keyless(b.rel)) ||
        (a.d.claims.iat ?? 0) - (b.d.claims.iat ?? 0) ||
        cmp(a.token, b.token),
    );
    for (const t of fresh) this.nameFromClaims(t.d.claims, type(t));
    for (const text of texts) this.sight(text);
    for (const t of fresh) this.sight(sortedJson(t.d.claims));
    for (const f of files) this.sight(f.rel);
    for (const text of contents.values()) this.sight(text);
  }

  sight(text) {
    for (const m of text.match(/\bS[OAUNCX][A-Z2-7]{56}\b/g) ?? []) {
      const pub = seedToPublic(m);
      if (pub && !this.seen.has(pub)) this.seen.set(pub, this.seen.size);
    }
    for (const m of text.match(/\b[OAUNCX][A-Z2-7]{55}\b/g) ?? []) {
      if (!this.seen.has(m) && parsePublic(m)) this.seen.set(m, this.seen.size);
    }
  }

  giveName(pub, name) {
    if (typeof pub !== 'string' || this.names.has(pub) || !parsePublic(pub)) return;
    let n = name;
    for (let i = 2; this.taken.has(n); i++) n = `${name}#${i}`;
    this.taken.add(n);
    this.names.set(pub, n);
  }

  signingKey(pub, owner) {
    if (typeof pub !== 'string' || this.names.has(pub) || !parsePublic(pub)) return;
    const k = `${owner}.sk`;
    const n = this.skCount.get(k) ?? 0;
    this.skCount.set(k, n + 1);
    this.giveName(pub, `${k}${n}`);
  }

  nameFromClaims(c, type) {
    const nats = c.nats ?? {};
    if (type === 'operator') {
      this.giveName(c.sub, `O(${c.name})`);
      const owner = this.names.get(c.sub);
      for (const k of nats.signing_keys ?? []) this.signingKey(k, owner);
    } else if (type === 'account') {
      this.giveName(c.sub, `A(${c.name})`);
      const owner = this.names.get(c.sub);
      const sks = (nats.signing_keys ?? []).map((k) => (typeof k === 'string' ? { key: k, scope: '' } : { key: k.key, scope: sortedJson({ ...k, key: '' }) }));
      sks.sort((a, b) => cmp(a.scope, b.scope) || cmp(a.key, b.key));
      for (const k of sks) this.signingKey(k.key, owner);
      const x = nats.authorization?.xkey;
      if (x) this.giveName(x, `${owner}.x`);
    } else if (type === 'user') {
      const owner = this.names.get(nats.issuer_account ?? c.issuer_account ?? c.iss) ?? '?';
      const acc = owner.replace(/\.sk\d+$/, '').replace(/^A\((.*)\)(#\d+)?$/, '$1$2');
      this.giveName(c.sub, `U(${acc}/${c.name})`);
    }
  }

  /** Entities in the store layout, for placeholders. */
  readEntities(tokens) {
    this.entities = [];
    for (const t of tokens) {
      if (!t.whole || !t.rel.endsWith('.jwt')) continue;
      const c = t.d.claims;
      const type = c.nats?.type ?? c.type;
      const segs = t.rel.split('/');
      const e = { type, name: c.name, sub: c.sub, token: t.token, rel: t.rel, claims: c };
      const n = segs.length;
      if (type === 'account' && segs[n - 3] === 'accounts') e.op = segs[n - 4] ?? '';
      if (type === 'user' && segs[n - 2] === 'users') {
        e.acc = segs[n - 3];
        e.op = segs[n - 5] ?? '';
      }
      if (type === 'operator') e.op = segs[n - 2] ?? '';
      this.entities.push(e);
      const inStore = e.op !== undefined;
      if (!inStore) continue;
      for (const ref of [
        ...(type === 'operator' ? [`operator:${c.name}`, `operator:${e.op}`] : []),
        ...(type === 'account' ? [`account:${c.name}`, `account:${e.op}/${c.name}`] : []),
        ...(type === 'user' ? [`user:${e.acc}/${c.name}`, `user:${e.op}/${e.acc}/${c.name}`] : []),
      ]) {
        this.history.set(ref, e);
      }
    }
  }

  // ----- placeholders -----

  subst(text) {
    return text.replace(/\$\{([^}]+)\}/g, (_, expr) => this.resolve(expr));
  }

  resolve(expr) {
    const [head, ...rest] = expr.split(':');
    const tail = rest.join(':');
    switch (head) {
      case 'home':
        return this.home;
      case 'server':
        return `nats://127.0.0.1:${this.port}`;
      case 'port':
        return String(this.port);
      case 'http':
        return `http://127.0.0.1:${this.httpPort}`;
      case 'key':
        return this.pub(tail);
      case 'sk':
      case 'xkey':
        return this.pub(expr);
      case 'user':
        return this.pub(`user:${rest.join('/')}`);
      case 'seed':
        return fs.readFileSync(this.keyFile(this.pub(tail)), 'utf8').trim();
      case 'keyfile':
        return this.keyFile(this.pub(tail));
      case 'jwt':
        return this.entity(tail).token;
      case 'jwtfile':
        return path.join(this.home, this.entity(tail).rel);
      case 'creds':
        return this.credsFile(tail.replace(':', '/'));
      case 'out':
        return this.outValue(rest);
      case 'time':
        return this.timeValue(rest);
      default:
        throw new Error(`unknown placeholder \${${expr}}`);
    }
  }

  entity(ref) {
    const norm = ref.replace(/^(operator|account|user):/, (m) => m).replace(/^user:(.*)$/, (_, v) => `user:${v.replace(/:/g, '/')}`);
    const e = this.history.get(norm);
    if (!e) throw new Error(`cannot resolve "${ref}"`);
    return e;
  }

  pub(ref) {
    const m = /^(sk|xkey):(operator|account):([^:]+)(?::(.+))?$/.exec(ref);
    if (m) {
      const e = this.entity(`${m[2]}:${m[3]}`);
      const nats = e.claims.nats ?? {};
      if (m[1] === 'xkey') {
        if (!nats.authorization?.xkey) throw new Error(`"${ref}": no curve key`);
        return nats.authorization.xkey;
      }
      if (m[4]?.startsWith('role=')) {
        const hit = (nats.signing_keys ?? []).find((k) => k.role === m[4].slice(5));
        if (!hit) throw new Error(`cannot resolve "${ref}"`);
        return hit.key;
      }
      const want = `${this.names.get(e.sub)}.sk${m[4] ?? 0}`;
      for (const [pub, name] of this.names) if (name === want) return pub;
      throw new Error(`cannot resolve "${ref}"`);
    }
    return this.entity(ref).sub;
  }

  keyFile(pub) {
    for (const f of walk(this.home).files) if (path.posix.basename(f.rel) === `${pub}.nk`) return f.abs;
    throw new Error(`no key file for ${this.nameOf(pub)}`);
  }

  credsFile(ref) {
    const want = ref.split('/');
    const file = `${want.pop()}.creds`;
    for (const f of walk(this.home).files) {
      const segs = f.rel.split('/');
      if (segs.pop() !== file) continue;
      if (want.every((w, i) => segs[segs.length - want.length + i] === w)) return f.abs;
    }
    throw new Error(`no creds file for "${ref}"`);
  }

  outValue([id, what, nth]) {
    const o = this.outs.find((v) => v.id === id);
    if (!o) throw new Error(`no output of step "${id}"`);
    const text = o.stdout.trim() === '' ? o.stderr : o.stdout;
    const n = Number(nth ?? 0);
    if (!what) return text.trim();
    let found = [];
    if (what === 'jwt') found = text.match(TOKEN) ?? [];
    else if (what === 'seed') found = (text.match(/\bS[OAUNCX][A-Z2-7]{56}\b/g) ?? []).filter((s) => seedToPublic(s));
    else if (what === 'key') found = (text.match(/\b[OAUNCX][A-Z2-7]{55}\b/g) ?? []).filter((s) => parsePublic(s));
    else if (what === 'raw') return o.stdout;
    else throw new Error(`unknown selector "${what}"`);
    if (found[n] === undefined) throw new Error(`output of step "${id}" has no ${what} ${n}`);
    return found[n];
  }

  timeValue([rel, format]) {
    const r = relativeTime(rel);
    if (!r) throw new Error(`bad time "${rel}"`);
    const t = r.at(nowS());
    this.times.push({ label: r.label, lo: t, hi: t });
    if (format === 'rfc3339') return new Date(t * 1000).toISOString().replace('.000Z', 'Z');
    return String(t);
  }

  noteSeeds(text) {
    for (const m of text.match(/\bS[OAUNCX][A-Z2-7]{56}\b/g) ?? []) if (seedToPublic(m)) this.given.add(seedToPublic(m));
  }

  noteTimes(args, t0, t1) {
    for (let i = 0; i < args.length; i++) {
      let value;
      const eq = /^(--(?:expiry|start|within))=(.*)$/s.exec(args[i]);
      if (eq) value = eq[2];
      else if (TIME_FLAGS.has(args[i])) value = args[i + 1];
      const r = value === undefined ? null : relativeTime(value);
      if (r) this.times.push({ label: r.label, lo: r.at(t0), hi: r.at(t1) });
    }
    const internal = args.includes('expirations') ? '1M' : args.includes('delete') && args.includes('account') ? '1m' : '';
    if (internal) {
      const r = relativeTime(internal);
      this.times.push({ label: r.label, lo: r.at(t0), hi: r.at(t1) });
    }
  }

  time(v) {
    const end = nowS();
    for (const c of this.times) if (v >= c.lo - 1 && v <= c.hi + 1) return c.label;
    // a tool may let iat move forward by a second with every edit
    if (v >= this.start - 1 && v <= end + AHEAD) return '<now>';
    return v;
  }

  // ----- normalising -----

  nameOf(pub) {
    const n = this.names.get(pub);
    if (n) return n;
    if (!this.unknown) this.unknown = new Map();
    if (this.unknown.has(pub)) return this.unknown.get(pub);
    // number the keys without a role by first appearance
    this.unknown.clear();
    const count = {};
    const order = [...this.seen.keys()].filter((k) => !this.names.has(k));
    if (!order.includes(pub)) order.push(pub);
    for (const k of order) {
      count[k[0]] = (count[k[0]] ?? 0) + 1;
      this.unknown.set(k, `${k[0]}?${count[k[0]]}`);
    }
    return this.unknown.get(pub);
  }

  keysIn(text) {
    return text
      .replace(/\/([OAUNCX])\/([A-Z2-7]{2})\/([OAUNCX][A-Z2-7]{55})\.nk/g, (m, kind, shard, pub) =>
        pub[0] === kind && pub.slice(1, 3) === shard ? `/${kind}/<shard>/${pub}.nk` : m,
      )
      .replace(/\bS[OAUNCX][A-Z2-7]{56}\b/g, (m) => {
        const pub = seedToPublic(m);
        return pub ? `<seed of ${this.nameOf(pub)}>` : m;
      })
      .replace(/\b[OAUNCX][A-Z2-7]{55}\b/g, (m) => (parsePublic(m) ? this.nameOf(m) : m));
  }

  tidy(text) {
    let t = this.keysIn(text).split(this.home).join('<home>');
    if (this.port) t = t.split(`127.0.0.1:${this.port}`).join('<server>');
    if (this.httpPort) t = t.split(`127.0.0.1:${this.httpPort}`).join('<http>');
    return t
      .replace(/\bkeys_[0-9A-Za-z-]{6,}\b/g, 'keys_<nuid>')
      .replace(/\bfix_[0-9A-Za-z-]{6,}\b/g, 'fix_<nuid>')
      .replace(/\b(\d{4})-(\d\d)-(\d\d)([ T])(\d\d):(\d\d):(\d\d)(Z| UTC| \+0000 UTC)/g, (m, y, mo, d, sep, h, mi, s) => {
        const v = this.time(Date.UTC(y, mo - 1, d, h, mi, s) / 1000);
        return typeof v === 'string' ? v : m;
      })
      .replace(/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:UTC|GMT)/g, (m) => {
        const v = this.time(Math.floor(Date.parse(m.replace('UTC', 'GMT')) / 1000));
        return typeof v === 'string' ? v : m;
      })
      .replace(/\b(?:in )?\d+ (?:second|minute|hour|day|week|month|year)s?(?: ago| from now)?\b/gi, '<rel>');
  }

  /** Text of standard output or error, for people. */
  text(text, args = []) {
    if (/^\s*[[{]/.test(text)) {
      try {
        return JSON.stringify(this.json(JSON.parse(text)));
      } catch {
        // not JSON
      }
    }
    const plain = (m) => {
      const d = decodeToken(m);
      return d ? `<jwt ${this.keysIn(String(d.claims.sub))}>` : m;
    };
    const [usage] = text.match(/\nUsage:\n[\s\S]*$/) ?? [''];
    let t = text.slice(0, text.length - usage.length).replace(TOKEN, plain).replace(/\bZXl[A-Za-z0-9+/]{80,}={0,2}/g, (m) => {
      const inner = Buffer.from(m, 'base64').toString('utf8');
      return inner.startsWith('eyJ') ? `<base64 of ${inner.replace(TOKEN, plain)}>` : m;
    });
    t = this.tidy(sortBlocks(t, this))
      .replace(/("jti":\s*)"[A-Z2-7]{52}"/g, '$1"<jti>"')
      .replace(/\b1\d{9}\b/g, (m) => String(this.time(Number(m))));
    t = t
      .split('\n')
      .map((l) => (/^\s*[|+]/.test(l) ? l.replace(/-{2,}/g, '--').replace(/ {2,}/g, ' ') : l.replace(/\s+$/, '')))
      .join('\n')
      .replace(/(?:^\[ OK \] deleted tier limit .*\n)+/gm, (m) => m.trimEnd().split('\n').sort().concat('').join('\n'))
      .replace(/tiered limits '([^']*)'/g, (_, l) => `tiered limits '${l.split(',').sort().join(',')}'`)
      .replace(/(round trip time to .* = ).*/g, '$1<duration>')
      .replace(/\/activations\/[A-Z2-7]{52}={0,4}/g, '/activations/<hash>')
      .replace(/(?:pull from cluster using system account|pulled "[^"]*" from the account server)/g, 'pulled "*" from the account server');
    // lines that come in an order of their own in every run
    const w = args.filter((a) => !a.startsWith('-'));
    if (['push', 'pull', 'fix', 'revocations'].includes(w[0]) || (w[0] === 'list' && w[1] === 'keys') || w[0] === 'export') t = t.split('\n').sort().join('\n');
    t += usage;
    return t.length > 3000 ? `${t.slice(0, 3000)}\n...` : t;
  }

  /** Any JSON value. */
  json(v) {
    if (Array.isArray(v)) return v.map((x) => this.json(x));
    if (v && typeof v === 'object') {
      if (typeof v.iss === 'string' && typeof v.sub === 'string' && 'iat' in v) return this.claims(v);
      const out = {};
      for (const [k, x] of Object.entries(v)) out[this.string(k)] = k === 'when' && typeof x === 'string' ? '<rel>' : this.json(x);
      return sortKeys(sameMeaning(out));
    }
    if (typeof v === 'number' && Number.isInteger(v) && v > 1e9) return this.time(v);
    if (typeof v === 'string') return this.string(v);
    return v;
  }

  string(s) {
    const whole = s.match(TOKEN);
    if (whole && whole.length === 1 && whole[0] === s) {
      const d = decodeToken(s);
      if (d) return this.tokenRef?.get(s) ?? { jwt: this.decodedToken(d) };
    }
    const b64 = /^[A-Za-z0-9+/]{80,}={0,2}$/.test(s) ? Buffer.from(s, 'base64').toString('utf8') : '';
    if (b64.startsWith('eyJ')) return this.string(b64);
    return this.tidy(s);
  }

  claims(c) {
    const out = {};
    for (const [k, v] of Object.entries(c)) {
      if (k === 'jti') out.jti = v === jtiOf(c) ? '<jti>' : `wrong: ${v}`;
      else if (k === 'nats' && v && typeof v === 'object') {
        const nats = this.json(v);
        if (Array.isArray(nats.signing_keys) && (v.type === 'account' || nats.limits)) {
          nats.signing_keys = nats.signing_keys.sort((a, b) => cmp(sortedJson(a), sortedJson(b)));
        }
        out.nats = nats;
      } else out[k] = this.json(v);
    }
    // an operator's token may be signed by its identity or by one of its signing keys
    if (c.nats?.type === 'operator' && (c.iss === c.sub || c.nats.signing_keys?.includes(c.iss))) out.iss = '<own key>';
    return sortKeys(out);
  }

  decodedToken(d) {
    const out = { header: d.header, claims: this.claims(d.claims) };
    if (d.header.typ === 'JWT' && d.header.alg === 'ed25519-nkey' && Object.keys(d.header).length === 2) delete out.header;
    const problems = d.problems.filter((p) => !(d.header.alg === 'ed25519' && p.startsWith('jti')));
    if (problems.length) out.problems = problems;
    return out;
  }

  content(buf) {
    const text = buf.toString('utf8');
    if (!Buffer.from(text, 'utf8').equals(buf)) return { bytes: buf.length, sha256: crypto.createHash('sha256').update(buf).digest('hex') };
    const tokens = text.match(TOKEN) ?? [];
    if (tokens.length === 1 && tokens[0] === text) {
      const d = decodeToken(text);
      if (d) return { jwt: this.decodedToken(d) };
    }
    if (/^\s*[[{]/.test(text)) {
      try {
        return { json: this.json(JSON.parse(text)) };
      } catch {
        // not JSON
      }
    }
    if (/^\s*"?(?:operator|resolver|resolver_preload|system_account|accounts)"?\s*[:={]/m.test(text)) {
      const conf = parseConf(text);
      if (conf) return { conf: this.json(conf) };
    }
    const jwts = [];
    let t = text.replace(TOKEN, (m) => {
      const d = decodeToken(m);
      if (!d) return m;
      const ref = this.tokenRef?.get(m);
      if (ref) return ref;
      jwts.push(this.decodedToken(d));
      return `<jwt ${jwts.length - 1}>`;
    });
    t = this.tidy(sortBlocks(t, this));
    return { text: t, ...(jwts.length ? { jwts } : {}) };
  }

  capture({ kind, list, stdout, stderr }) {
    if (kind === 'json') {
      for (const s of [stdout, stderr]) {
        try {
          const v = JSON.parse(s);
          return v === null && list ? [] : this.json(v);
        } catch {
          // try the other stream
        }
      }
      return { notJson: this.tidy(stdout.slice(0, 500)) };
    }
    if (kind === 'keys') {
      return (stdout.match(/\b(?:S[OAUNCX][A-Z2-7]{56}|[OAUNCX][A-Z2-7]{55})\b/g) ?? []).map((k) => this.keysIn(k));
    }
    if (kind === 'jwt') {
      return (stdout.match(TOKEN) ?? []).map((t) => {
        const d = decodeToken(t);
        return d ? this.decodedToken(d) : t;
      });
    }
    const c = this.content(Buffer.from(stdout.trim()));
    if (kind === 'lines' && c.text !== undefined) c.text = c.text.split('\n').map((l) => l.trim()).sort();
    return c;
  }

  /** The names in the saved context that nsc would really use: an only choice always, one that is gone never. */
  effective(json, file) {
    const sane = (current, names) => (names.length === 1 ? names[0] : names.includes(current) ? current : '');
    const list = (dir, has) => {
      try {
        return fs.readdirSync(dir).filter((n) => fs.existsSync(has(path.join(dir, n), n)));
      } catch {
        return [];
      }
    };
    const root = JSON.parse(fs.readFileSync(file, 'utf8')).store_root;
    if (typeof root !== 'string' || typeof json.operator !== 'string') return;
    json.operator = sane(json.operator, list(root, (d) => path.join(d, '.nsc')));
    json.account = json.operator ? sane(json.account, list(path.join(root, json.operator, 'accounts'), (d, n) => path.join(d, `${n}.jwt`))) : '';
  }

  state() {
    const { files, dirs } = walk(this.home);
    const special = new Set(['orphan-keys', 'given-keys']);
    const ignore = (this.def.ignore ?? []).filter((p) => !special.has(p)).map(globRe);
    const orphanOk = (this.def.ignore ?? []).includes('orphan-keys');
    const givenOk = (this.def.ignore ?? []).includes('given-keys');
    const pathOf = (rel) => this.tidy(`/${rel}`).slice(1);
    // tokens that have a file of their own are shown once
    this.tokenRef = new Map();
    const owners = [];
    for (const f of files) {
      if (!f.rel.endsWith('.jwt')) continue;
      const text = fs.readFileSync(f.abs, 'utf8');
      if (decodeToken(text) && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) owners.push([text, pathOf(f.rel)]);
    }
    owners.sort((a, b) => cmp(a[1], b[1]));
    for (const [t, p] of owners) if (!this.tokenRef.has(t)) this.tokenRef.set(t, `<jwt in ${p}>`);
    const referenced = new Set();
    if (orphanOk) {
      for (const f of files) {
        if (f.link || f.rel.endsWith('.nk')) continue;
        const text = fs.readFileSync(f.abs, 'utf8');
        for (const m of text.match(TOKEN) ?? []) {
          const d = decodeToken(m);
          if (d) for (const k of JSON.stringify(d.claims).match(/\b[OAUNCX][A-Z2-7]{55}\b/g) ?? []) referenced.add(k);
        }
      }
    }
    const out = {};
    const kept = [];
    for (const f of files) {
      if (ignore.some((re) => re.test(f.rel))) continue;
      const m = /([OAUNCX][A-Z2-7]{55})\.nk$/.exec(f.rel);
      if (orphanOk && m && !referenced.has(m[1])) continue;
      if (givenOk && m && this.given.has(m[1])) continue;
      kept.push(f.rel);
      let p = pathOf(f.rel);
      for (let i = 2; out[p]; i++) p = `${pathOf(f.rel)} (${i})`;
      const mode = this.def.server && f.rel.startsWith('jwt/') ? 'by the server' : f.mode.toString(8);
      out[p] = { mode, ...(f.link ? { link: this.tidy(f.link) } : this.content(fs.readFileSync(f.abs))) };
      if (path.posix.basename(f.rel) === 'nsc.json' && out[p].json) this.effective(out[p].json, f.abs);
    }
    const nonEmpty = {};
    const empty = [];
    for (const d of dirs) {
      const p = pathOf(d.rel);
      const shard = /(^|\/)keys\/[OAUNCX]\/[A-Z2-7]{2}$/.test(d.rel);
      const has = kept.some((f) => f.startsWith(`${d.rel}/`));
      if (this.def.server && d.rel === 'jwt') continue;
      if (shard) {
        if (has) nonEmpty[p.replace(/[A-Z2-7]{2}$/, '<shard>')] = d.mode.toString(8);
      } else if (has) nonEmpty[p] = d.mode.toString(8);
      else empty.push(p);
    }
    const res = { files: sortKeys(out), dirs: sortKeys(nonEmpty), emptyDirs: empty.sort() };
    if (this.httpAccounts) {
      res.accountServer = {};
      for (const [k, t] of this.httpAccounts) res.accountServer[this.nameOf(k)] = this.tokenRef.get(t) ?? { jwt: this.decodedToken(decodeToken(t)) };
      const acts = [...this.httpActivations.keys()];
      if (acts.length) res.accountServer.activations = acts.map((t) => (decodeToken(t) ? this.decodedToken(decodeToken(t)) : t));
      res.accountServer = sortKeys(res.accountServer);
    }
    return res;
  }
}

/** nats-server configuration text as data (the part of the grammar that generated configurations use), or null. */
function parseConf(text) {
  let i = 0;
  const skip = (re) => {
    for (;;) {
      const m = re.exec(text.slice(i, i + 4000));
      if (!m || m[0] === '') return;
      i += m[0].length;
    }
  };
  const gap = () => skip(/^(?:[\s,;]+|#[^\n]*|\/\/[^\n]*)/);
  const quoted = () => {
    const q = text[i];
    const end = text.indexOf(q, i + 1);
    if (end < 0) throw new Error('quote');
    const v = text.slice(i + 1, end);
    i = end + 1;
    return v;
  };
  const value = () => {
    const c = text[i];
    if (c === '{') {
      i++;
      return map('}');
    }
    if (c === '[') {
      i++;
      const list = [];
      for (gap(); text[i] !== ']'; gap()) {
        if (i >= text.length) throw new Error('list');
        list.push(value());
      }
      i++;
      return list;
    }
    if (c === '"' || c === "'") return quoted();
    const m = /^[^\s,;{}[\]]+/.exec(text.slice(i));
    if (!m) throw new Error('value');
    i += m[0].length;
    if (/^(?:true|false)$/i.test(m[0])) return m[0].toLowerCase() === 'true';
    return /^-?\d+(?:\.\d+)?[a-z]*$/i.test(m[0]) ? { number: m[0] } : m[0];
  };
  const map = (close) => {
    const out = {};
    for (;;) {
      gap();
      if (i >= text.length) {
        if (close) throw new Error('map');
        return out;
      }
      if (text[i] === close) {
        i++;
        return out;
      }
      let key;
      if (text[i] === '"' || text[i] === "'") key = quoted();
      else {
        const m = /^[^\s:={}[\],;]+/.exec(text.slice(i));
        if (!m) throw new Error('key');
        key = m[0];
        i += key.length;
      }
      skip(/^[ \t]+/);
      if (text[i] === ':' || text[i] === '=') i++;
      skip(/^\s+/);
      out[key] = value();
    }
  };
  try {
    return map('');
  } catch {
    return null;
  }
}

const JS_COUNTS = ['streams', 'consumer', 'max_ack_pending', 'mem_max_stream_bytes', 'disk_max_stream_bytes'];

/** Two ways of writing the same thing become one. */
function sameMeaning(o) {
  // JetStream counts of an account that has no JetStream storage
  if (('wildcards' in o || 'exports' in o || 'leaf' in o || 'conn' in o) && !o.mem_storage && !o.disk_storage && !o.max_bytes_required) {
    for (const k of JS_COUNTS) if (o[k] === -1) delete o[k];
  }
  // limits of a signing key role: left out means no limit
  if (o.kind === 'user_scope' && o.template && typeof o.template === 'object') {
    for (const k of ['data', 'payload', 'subs']) if (o.template[k] === -1) delete o.template[k];
  }
  return o;
}

function keyless(rel) {
  return rel.replace(/[OAUNCX][A-Z2-7]{55}/g, '*');
}

function globRe(p) {
  const esc = p.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*\*/g, '\u0000').replace(/\*/g, '[^/]*').replace(/\u0000/g, '.*');
  return new RegExp(`^${esc}$`);
}

/** Account blocks of a generated configuration are in key order, which is different in every run. */
function sortBlocks(text, scn) {
  return text.replace(/(?:^ {2}\/\/ Account ".*"\n {2}\S+: .*\n\n)+/gm, (all) => {
    const blocks = all.match(/^ {2}\/\/ Account ".*"\n {2}\S+: .*\n\n/gm);
    return blocks
      .map((b) => scn.keysIn(b))
      .sort()
      .join('');
  });
}

function greets(port) {
  return new Promise((resolve) => {
    const s = net.connect(port, '127.0.0.1');
    const done = (v) => {
      s.destroy();
      resolve(v);
    };
    s.setTimeout(1000, () => done(false));
    s.once('error', () => done(false));
    s.once('data', (d) => done(d.toString().startsWith('INFO')));
  });
}

// ---------------------------------------------------------------------------
// comparing
// ---------------------------------------------------------------------------

const show = (v) => {
  const s = typeof v === 'string' ? v : JSON.stringify(v);
  if (s === undefined) return 'nothing';
  return s.length > 600 ? `${s.slice(0, 600)}...` : s;
};

/** Extra files that hold nothing secret and hide behind a dot (locks, journals) are nobody's business. */
function withoutHelpers(golden, result) {
  const files = {};
  for (const [p, v] of Object.entries(result.files ?? {})) {
    const name = p.slice(p.lastIndexOf('/') + 1);
    const hidden = name.startsWith('.') && name !== '.gitignore' && name !== '.nsc';
    if (hidden && !(p in (golden.files ?? {})) && !/<seed of|<jwt|"jwts?":/.test(JSON.stringify(v))) continue;
    files[p] = v;
  }
  const dirs = {};
  for (const [d, m] of Object.entries(result.dirs ?? {})) {
    if (d in (golden.dirs ?? {}) || Object.keys(files).some((f) => f.startsWith(`${d}/`))) dirs[d] = m;
  }
  return { files, dirs };
}

/** Lists and reports may say more than nsc's. */
function onlyKnown(want, got) {
  if (Array.isArray(want) && Array.isArray(got)) return got.map((g, i) => (i < want.length ? onlyKnown(want[i], g) : g));
  if (want && got && typeof want === 'object' && typeof got === 'object' && !Array.isArray(want) && !Array.isArray(got)) {
    return Object.fromEntries(Object.entries(got).flatMap(([k, v]) => (k in want ? [[k, onlyKnown(want[k], v)]] : [])));
  }
  return got;
}

function diff(want, got, at, out) {
  if (sortedJson(want ?? null) === sortedJson(got ?? null)) return;
  const wo = want && typeof want === 'object';
  const go = got && typeof got === 'object';
  if (wo && go && Array.isArray(want) === Array.isArray(got)) {
    if (Array.isArray(want) && want.length !== got.length) {
      out.push({ at, want, got });
      return;
    }
    for (const k of [...new Set([...Object.keys(want), ...Object.keys(got)])].sort()) {
      const next = Array.isArray(want) ? `${at}[${k}]` : at ? `${at} > ${k}` : k;
      if (!(k in want)) out.push({ at: next, extra: got[k] });
      else if (!(k in got)) out.push({ at: next, missing: want[k] });
      else diff(want[k], got[k], next, out);
    }
    return;
  }
  if (typeof want === 'string' && typeof got === 'string' && want.includes('\n')) {
    const a = want.split('\n');
    const b = got.split('\n');
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    out.push({ at: `${at} (line ${i + 1})`, want: a[i] ?? '(end)', got: b[i] ?? '(end)' });
    return;
  }
  out.push({ at, want, got });
}

const ok = (exit) => exit === 0;

function compare(golden, result, { text, strictDirs }) {
  const out = [];
  golden.steps.forEach((s, i) => {
    const g = result.steps[i];
    const what = golden.scenario.steps[i];
    const label = `step ${what.id ?? i}${what.args ? ` (${what.args.join(' ')})` : ''}`;
    if (ok(s.exit) !== ok(g?.exit)) {
      out.push({ at: `${label}: exit`, want: s.exit, got: g?.exit, note: (g?.stderr || g?.stdout || '').trim().slice(0, 400) });
    }
    if (text) {
      diff(s.stdout ?? '', g?.stdout ?? '', `${label}: stdout`, out);
      diff(s.stderr ?? '', g?.stderr ?? '', `${label}: stderr`, out);
    }
  });
  const outputs = { ...result.outputs };
  golden.scenario.steps.forEach((step, i) => {
    const id = step.id ?? String(i);
    if (step.args && /^(?:list|expirations)$/.test(step.args.find((a) => /^(?:list|expirations|describe|generate)$/.test(a)) ?? '') && id in outputs) {
      outputs[id] = onlyKnown(golden.outputs?.[id], outputs[id]);
    }
  });
  diff(golden.outputs ?? {}, outputs, 'output of step', out);
  const kept = withoutHelpers(golden, result);
  diff(golden.files, kept.files, 'files', out);
  diff(golden.dirs, kept.dirs, 'dirs', out);
  if (strictDirs) diff(golden.emptyDirs, result.emptyDirs, 'emptyDirs', out);
  if (golden.accountServer || result.accountServer) diff(golden.accountServer ?? {}, result.accountServer ?? {}, 'account server', out);
  return out;
}

/**
 * Plays a scenario of the golden file.
 *
 * @param golden - a line of it
 * @param exec - runs a command line: `(args, { cwd, env, stdin }) => { exit, stdout, stderr }`
 * @param serverFor - finds the nats-server of a version
 * @returns what differs, as text; nothing when it left what nsc leaves
 */
export async function play(golden, { exec, serverFor }) {
  const result = await new Scenario(golden.scenario, { exec, serverFor }).run();
  return compare(golden, result, {}).map((each) => JSON.stringify(each));
}
