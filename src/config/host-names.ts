/** Names of hosts that a server may fetch from or call. */

/**
 * Suffixes that are no public names: private zones, metadata services, those of clusters (`kubernetes.default`,
 * `db.prod.svc`), and what RFC 6761, 6762 and 8375 reserve.
 */
const PRIVATE =
  /(^|\.)(localhost|local|localdomain|domain|internal|intranet|lan|home|corp|private|default|svc|pod|cluster|kube-system|consul|docker|test|invalid|onion|home\.arpa)$/;

/** Last label of an IPv4 address in any of the forms that URLs take: decimal, octal or hexadecimal. */
const NUMERIC = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/**
 * Tells why a host is not a public name. An address in digits or a private name may lead to servers that are not open to
 * the internet, such as the metadata service of a cloud.
 * @param host name in lower case, perhaps with a port
 * @returns the reason; undefined for a public name
 *
 * @see https://url.spec.whatwg.org/#ends-in-a-number-checker
 */
export function privateReason(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '').replace(/\.$/, '');
  if (NUMERIC.test(name) || name.startsWith('[')) return `${host} is an IP address`;
  // Only the resolver of a private network completes a single label.
  if (PRIVATE.test(name) || !name.includes('.')) return `${host} is a name of a private network`;
  return undefined;
}
