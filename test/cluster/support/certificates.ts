/** A certificate authority for one run, and what it signs. Nothing of it outlives the run's folder. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '../../support/command.js';

/** Without a file of its own, openssl adds the extensions of an authority to every certificate. */
const CONFIGURATION = '[req]\ndistinguished_name = subject\n[subject]\n';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

interface Wanted {
  /** File name without its ending. */
  readonly name: string;
  /** In openssl's form: `/O=group/CN=user`. */
  readonly subject: string;
  readonly usage: 'serverAuth' | 'clientAuth';
  /** `DNS:localhost`, `IP:127.0.0.1`. */
  readonly alternatives?: readonly string[];
}

export class Authority {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the authority in an empty folder. */
  static async in(folder: string): Promise<Authority> {
    const authority = new Authority(folder);
    writeFileSync(authority.file('openssl.cnf'), CONFIGURATION);
    await authority.#request('ca', '/CN=pinfold-test', [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,digitalSignature',
      'subjectKeyIdentifier=hash',
    ]);
    return authority;
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Content of one of the files, as kubeconfig files hold it. */
  base64(name: string): string {
    return readFileSync(this.file(name)).toString('base64');
  }

  /** Makes `name.crt` and `name.key`. */
  async sign({ name, subject, usage, alternatives = [] }: Wanted): Promise<void> {
    const extensions = ['keyUsage=critical,digitalSignature', `extendedKeyUsage=${usage}`];
    if (alternatives.length > 0) extensions.push(`subjectAltName=${alternatives.join(',')}`);
    await this.#request(name, subject, extensions, [
      ...['-CA', this.file('ca.crt'), '-CAkey', this.file('ca.key')],
    ]);
  }

  /** Makes `sa.key` and `sa.pub`, with which tokens of service accounts are signed. */
  makeTokenKeys(): void {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    writeFileSync(this.file('sa.key'), privateKey.export({ type: 'sec1', format: 'pem' }));
    writeFileSync(this.file('sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  }

  async #request(
    name: string,
    subject: string,
    extensions: readonly string[],
    signer: readonly string[] = [],
  ): Promise<void> {
    await output('openssl', [
      ...['req', '-x509', '-config', this.file('openssl.cnf'), '-days', '365', ...newKey],
      ...['-subj', subject, ...extensions.flatMap((text) => ['-addext', text]), ...signer],
      ...['-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.crt`)],
    ]);
  }
}
