// Signs and verifies with the libraries of package.json, without the web: what they look up is answered from the
// request, or by a node on loopback. One request as JSON on standard input, one line of answers on standard output.
//
//   {"contexts": {URL: document}, "schemas": {URL: document}, "documents": {URL or DID: document}, "jobs": [JOB, …]}
//   JOB: {"library", "do": "verify", "credential"}
//        {"library", "do": "sign", "credential", "suite"?, "curve"?}   the issuer's id becomes the did:key of this run
//        {"library", "do": "list", "id", "set": [index, …]}
import {text} from 'node:stream/consumers';

const {contexts, schemas, documents, jobs} = JSON.parse(await text(process.stdin));
const web = globalThis.fetch;
globalThis.fetch = answerFetch;
console.log = console.error;  // verifier-core talks

const Ed25519Multikey = await import('@digitalbazaar/ed25519-multikey');
const didKey = (await import('@digitalbazaar/did-method-key')).driver();
const EcdsaMultikey = await import('@digitalbazaar/ecdsa-multikey');
didKey.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from});
didKey.use({multibaseMultikeyHeader: 'zDna', fromMultibase: EcdsaMultikey.from});
didKey.use({multibaseMultikeyHeader: 'z82L', fromMultibase: EcdsaMultikey.from});

// By curve: the keys of this run, each with its did:key.
const keys = {Ed25519: await named(await Ed25519Multikey.generate())};
for(const curve of ['P-256', 'P-384']) {
  keys[curve] = await named(await EcdsaMultikey.generate({curve}));
}

const libraries = {
  '@digitalbazaar/vc': await dataIntegrity('@digitalbazaar'),
  '@digitalcredentials/vc': await dataIntegrity('@digitalcredentials'),
  '@digitalcredentials/verifier-core': await verifierCore()
};

const answers = [];
for(const job of jobs) {
  try {
    answers.push(await libraries[job.library][job.do](job));
  } catch(error) {
    answers.push({error: String(error?.stack ?? error)});
  }
}
process.stdout.write(JSON.stringify(answers) + '\n');

async function named(key) {
  const {didDocument, methodFor} = await didKey.fromKeyPair({verificationKeyPair: key});
  key.id = methodFor({purpose: 'assertionMethod'}).id;
  key.controller = didDocument.id;
  return key;
}

async function dataIntegrity(scope) {
  const vc = await import(`${scope}/vc`);
  const {DataIntegrityProof} = await import(`${scope}/data-integrity`);
  const rdfc = (await import(`${scope}/eddsa-rdfc-2022-cryptosuite`)).cryptosuite;
  const lists = await import(`${scope}/vc-bitstring-status-list`);
  // @digitalcredentials has no packages of its own for these.
  const jcs = await import('@digitalbazaar/eddsa-jcs-2022-cryptosuite');
  const ecdsa = (await import('@digitalbazaar/ecdsa-rdfc-2019-cryptosuite')).cryptosuite;

  const verifying = {
    'eddsa-rdfc-2022': new DataIntegrityProof({cryptosuite: rdfc}),
    'eddsa-jcs-2022': new DataIntegrityProof({cryptosuite: jcs.createVerifyCryptosuite()}),
    'ecdsa-rdfc-2019': new DataIntegrityProof({cryptosuite: ecdsa})
  };
  const suiteOf = credential => verifying[proofOf(credential).cryptosuite];
  const suites = {
    'eddsa-rdfc-2022': () => rdfc,
    'eddsa-jcs-2022': () => jcs.createSignCryptosuite(),
    'ecdsa-rdfc-2019': () => ecdsa
  };
  const issue = (credential, {suite = 'eddsa-rdfc-2022', curve = 'Ed25519'} = {}) => vc.issue({
    credential, documentLoader,
    suite: new DataIntegrityProof({signer: keys[curve].signer(), cryptosuite: suites[suite]()})
  });

  return {
    async verify({credential}) {
      const result = await vc.verifyCredential({
        credential, documentLoader,
        suite: suiteOf(credential),
        checkStatus: options => lists.checkStatus({
          ...options, suite: verifying['eddsa-rdfc-2022'], documentLoader, verifyBitstringStatusListCredential: true
        })
      });
      // Without a good signature the status isn't looked at.
      const signature = (result.results ?? result.error?.results ?? []).some(({verified}) => verified);
      return {verified: result.verified, signature, status: statusOf(result.statusResult), said: saidOf(result)};
    },
    async sign({credential, suite, curve}) {
      credential.issuer = {...credential.issuer, id: keys[curve ?? 'Ed25519'].controller};
      return {credential: await issue(credential, {suite, curve})};
    },
    async list({id, set}) {
      const list = await lists.createList({length: 131072});
      set.forEach(index => list.setStatus(index, true));
      const context = ['https://www.w3.org/ns/credentials/v2'];
      const credential = await lists.createCredential({id, list, statusPurpose: 'revocation', context});
      const validFrom = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z/, 'Z');
      return {credential: await issue({...credential, issuer: keys.Ed25519.controller, validFrom})};
    }
  };
}

async function verifierCore() {
  const {verifyCredential} = await import('@digitalcredentials/verifier-core');
  return {
    async verify({credential}) {
      const result = await verifyCredential({credential, knownDIDRegistries: []});
      const step = id => result.log?.find(entry => entry.id === id);
      const schema = result.additionalInformation?.find(entry => entry.id === 'schema_entry' || entry.results);
      const [signature, status] = [step('valid_signature')?.valid === true, step('revocation_status')];
      return {
        verified: signature && (result.log ?? []).filter(entry => entry.id !== 'registered_issuer')
          .every(entry => entry.valid === true),
        signature,
        status: status === undefined ? null : status.error ? 'unknown' : status.valid ? 'clear' : 'set',
        schema: Array.isArray(schema?.results) ? schema.results.every(({result}) => result.valid) : null,
        said: JSON.stringify([result.errors, result.log, schema]).slice(0, 2000)
      };
    }
  };
}

function proofOf(credential) {
  return Array.isArray(credential.proof) ? credential.proof[0] : credential.proof;
}

function statusOf(result) {
  if(!result) {
    return null;
  }
  // @digitalbazaar tells the bit as `status`; @digitalcredentials calls an entry not verified if its bit is set.
  if((result.results ?? []).some(entry => entry.status ?? entry.verified === false)) {
    return 'set';
  }
  return result.error || !result.verified ? 'unknown' : 'clear';
}

function saidOf(result) {
  const errors = [result.error, ...(result.error?.errors ?? []), result.statusResult?.error];
  return errors.filter(Boolean).map(error => `${error.name}: ${error.message} ${error.cause?.message ?? ''}`).join('; ');
}

// Answers contexts and documents of the request, DIDs, and lists of a node on loopback.
async function documentLoader(url) {
  const found = document => ({contextUrl: null, documentUrl: url, document});
  const [id] = url.split('#');
  const known = contexts[url] ?? documents[url];
  if(known) {
    return found(known);
  }
  if(id.startsWith('did:key:')) {
    return found(await didKey.get({url}));
  }
  if(documents[id]) {
    const method = documents[id].verificationMethod.find(method => method.id === url);
    return found({'@context': 'https://w3id.org/security/multikey/v1', ...method});
  }
  return found(await (await answerFetch(url)).json());
}

async function answerFetch(input, options) {
  const url = typeof input === 'string' ? input : input.url ?? String(input);
  const known = contexts[url] ?? schemas[url] ?? documents[url];
  if(known) {
    return new Response(JSON.stringify(known), {headers: {'content-type': 'application/json'}});
  }
  if(new URL(url).hostname === '127.0.0.1') {
    return web(input, options);
  }
  throw new Error(`${url} is not in the request, and nothing is fetched from the web`);
}
