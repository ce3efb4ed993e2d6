import { describe, expect, it } from 'vitest';
import { privateReason } from '../../src/config/host-names.ts';

/** Names that a cluster or a container completes. */
const CLUSTER = ['kubernetes.default', 'kubernetes.default.svc', 'localhost.localdomain', 'redis', 'db.service.consul'];

describe('the reason against a host', () => {
  it.each(['127.0.0.1', '10.0.0.1:8443', '169.254.169.254', '0x7f.0.0.1', '1.0x7f000001', '0177.0.0.1', '[::1]:8443'])(
    'is that %s is an IP address',
    (host) => expect(privateReason(host)).toContain('is an IP address'),
  );

  it.each(['metadata.google.internal', 'foo.localhost', 'printer.local', 'nas.home.arpa', 'db.corp:5432', ...CLUSTER])(
    'is that %s is a private name',
    (host) => expect(privateReason(host)).toContain('private network'),
  );

  it.each([
    'images.example.com',
    'a.example.com:8443',
    '1.example.com',
    'xn--bcher-kva.example',
    'internal.example.org',
  ])('is none for %s', (host) => expect(privateReason(host)).toBeUndefined());
});
