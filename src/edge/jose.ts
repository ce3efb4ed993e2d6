/** The used part of the library of tokens and signatures, as a module of its own: most requests need none of it. */
export {
  base64url,
  CompactSign,
  calculateJwkThumbprint,
  compactVerify,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
} from 'jose';
