import { createPrivateKey, X509Certificate } from 'node:crypto';
import { makeCertificate } from '../../../../providers/plugin/process/certificate';

test('the certificate is what go-plugin asks for: P-256, localhost, for both ends, signed by itself', () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const { der, pem, privateKeyPem } = makeCertificate(now);
  const certificate = new X509Certificate(pem);
  expect(Buffer.compare(certificate.raw, der)).toBe(0);
  expect(certificate.subjectAltName).toBe('DNS:localhost');
  expect(certificate.ca).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
  expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  expect(new Date(certificate.validFrom).toISOString()).toBe('2026-01-02T02:04:05.000Z');
  expect(new Date(certificate.validTo).getUTCFullYear()).toBe(2027);
});

test('two certificates have nothing secret in common', () => {
  const [a, b] = [makeCertificate(0), makeCertificate(0)];
  expect(new X509Certificate(a.pem).serialNumber).not.toBe(new X509Certificate(b.pem).serialNumber);
  expect(a.privateKeyPem).not.toBe(b.privateKeyPem);
});
