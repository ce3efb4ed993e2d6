/** Globals of Workers that the declarations of Node's and browsers' globals hide where a program includes all three. */
interface Crypto {
  /** Digest of a stream, in workerd alone. */
  readonly DigestStream: typeof DigestStream;
}
