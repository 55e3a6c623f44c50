/** Labels of every namespace, kept up to date: what `namespaceSelector` is matched with. */
import type { PinfoldError } from '../../errors.js';
import type { KubeClient } from '../../kube/client.js';
import { Informer } from '../../kube/informer.js';
import { textsOf } from '../../kube/kube-object.js';
import { NAMESPACES } from '../../kube/resource.js';

type Labels = Readonly<Record<string, string>>;

interface Namespace {
  readonly name: string;
  readonly labels: Labels;
}

export class Namespaces {
  readonly #informer: Informer<Namespace>;
  #labels: Readonly<Record<string, Labels>> | undefined;
  #onChange: () => void = () => undefined;

  constructor(client: KubeClient, onProblem: (problem: PinfoldError, retryMs: number) => void) {
    this.#informer = new Informer({
      client,
      resource: NAMESPACES,
      decode: ({ metadata: { name, labels } }): Namespace => ({ name, labels: textsOf(labels) }),
      onEvent: () => {
        this.#labels = undefined;
        this.#onChange();
      },
      onProblem,
    });
  }

  /** By name, as known now. */
  labels(): Readonly<Record<string, Labels>> {
    this.#labels ??= Object.fromEntries(
      this.#informer.list().map(({ name, labels }) => [name, labels]),
    );
    return this.#labels;
  }

  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Works until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void> {
    return this.#informer.run(signal);
  }
}
