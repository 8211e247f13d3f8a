// Lines of JSON {code, function, context, now} in, lines {value, appended} or {error} out: resolvers run as AppSync runs them.
import readline from 'node:readline';

const SHIM = 'data:text/javascript,export const util = globalThis.appsyncUtil;';
const modules = new Map();
let told = { now: '', appended: [] };

class Raised extends Error {
  constructor(message, type, data, info) {
    super(message);
    this.told = { message: message ?? null, errorType: type ?? null, data: data ?? null, errorInfo: info ?? null };
  }
}

globalThis.appsyncUtil = {
  error(message, type, data, info) {
    throw new Raised(message, type, data, info);
  },
  appendError(message, type, data, info) {
    told.appended.push(new Raised(message, type, data, info).told);
  },
  unauthorized() {
    throw new Raised('Unauthorized', 'Unauthorized');
  },
  time: {
    nowISO8601: () => new Date(told.now).toISOString(),
    nowEpochMilliSeconds: () => Date.parse(told.now),
    nowEpochSeconds: () => Math.floor(Date.parse(told.now) / 1000),
  },
};

async function loaded(code) {
  if (!modules.has(code)) {
    const ours = code.replace(/(['"])@aws-appsync\/utils\1/g, JSON.stringify(SHIM));
    modules.set(code, await import('data:text/javascript;charset=utf-8,' + encodeURIComponent(ours)));
  }
  return modules.get(code);
}

async function answer(line) {
  const asked = JSON.parse(line);
  try {
    const module = await loaded(asked.code);
    told = { now: asked.now, appended: [] };
    const value = module[asked.function](asked.context);
    return { value: value === undefined ? null : value, appended: told.appended };
  } catch (error) {
    return { error: error.told ?? { message: 'Runtime Error', errorType: 'Code', data: null, errorInfo: String(error) } };
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(line)) + '\n');
}
