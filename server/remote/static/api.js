// Talking to the machine: commands arrive once, however often they have to be sent.

const TRIES = 4;
const PATIENCE = 2500;

/** An answer that says no; `status` is the HTTP status (0: no answer), `words` what came with it. */
export class Refused extends Error {
  constructor(status, words) {
    super(words.error ?? "The machine does not answer.");
    this.status = status;
    this.words = words;
  }
}

async function once(method, path, body, headers, patience = PATIENCE) {
  const options = { method, headers, cache: "no-store", signal: AbortSignal.timeout(patience) };
  if (method !== "GET") {
    options.headers = { ...headers, "Content-Type": "application/json" };
    options.body = JSON.stringify(body ?? {});
  }
  const answer = await fetch(path, options);
  const words = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, words);
  return words;
}

// crypto.randomUUID is missing on plain HTTP.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Send a command until it is answered, with one key, so that it is done once; `patience` is that of each try. */
export async function command(path, body, patience) {
  const headers = { "Idempotency-Key": newKey() };
  for (let left = TRIES; ; left -= 1) {
    try {
      return await once("POST", path, body, headers, patience);
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (left <= 1) throw new Refused(0, {});
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}

/** Ask for something; `patience` is how many milliseconds the answer may take. */
export function get(path, patience) {
  return once("GET", path, undefined, {}, patience);
}

/** Send something once; a newer one will follow if it is lost. */
export function send(method, path, body) {
  return once(method, path, body, {});
}
