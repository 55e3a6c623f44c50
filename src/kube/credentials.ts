/** How to reach the API server, and as whom. */
import type { Agent } from 'node:http';

export interface Access {
  /** The pool of connections; the same one until certificates change. */
  readonly agent: Agent;
  /** Such as authorization. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Credentials {
  readonly server: URL;
  /** The namespace that this program lives in or that its user works in. */
  readonly namespace: string;
  /** What is valid now. Throws KubeconfigUnusable. */
  readonly access: () => Promise<Access>;
  /** Closes the connections that nothing uses. */
  readonly close: () => void;
}
