/** What of the operator base class is still in use, by reflection: a new version may add methods. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import k8sOperator from '@dot-i/k8s-operator';
import { ReliableOperator } from '../../../src/kube/reliable-operator.js';

const base = k8sOperator.default.prototype as unknown as Readonly<Record<string, unknown>>;

const methods = Object.getOwnPropertyNames(base).filter((name) => name !== 'constructor');
const inherited = methods.filter((name) => !Object.hasOwn(ReliableOperator.prototype, name));

const textOf = (name: string): string => String(base[name]);
const uses = (name: string, what: RegExp): boolean => what.test(textOf(name));

/** Base methods that call another one, also indirectly. */
const callersOf = (name: string): readonly string[] =>
  methods.filter((other) => other !== name && uses(other, new RegExp(`this\\.${name}\\(`)));

const TALKS = /kubeConfig|k8sApi|gaxios|https|Watch\b|watchRequests|eventQueue|process\.exit|FS\./;

/** Whether the method is run at all: something of ours could call it, or a base method that is run. */
const isReachable = (name: string): boolean => {
  const callers = callersOf(name);
  return callers.length === 0 || callers.some((caller) => inherited.includes(caller));
};

void describe('the operator base class', () => {
  void it('has the methods that were looked at', () => {
    assert.deepEqual(methods.toSorted(), [
      'applyAxiosKubeConfigAuth',
      'applyGaxiosKubeConfigAuth',
      'errorToJson',
      'getCustomResourceApiUri',
      'handleResourceFinalizer',
      'patchResourceStatus',
      'registerCustomResourceDefinition',
      'resourceStatusRequest',
      'setResourceFinalizers',
      'setResourceStatus',
      'start',
      'stop',
      'watchResource',
    ]);
  });

  void it('runs none that talks to the API or works wrongly', () => {
    const wrong = inherited.filter((name) => uses(name, TALKS) && isReachable(name));
    assert.deepEqual(wrong, [], 'override these in ReliableOperator');
    assert.deepEqual(inherited.toSorted(), ['errorToJson', 'resourceStatusRequest']);
  });

  void it('would be caught by this test', () => {
    for (const name of [
      'watchResource',
      'setResourceFinalizers',
      'stop',
      'registerCustomResourceDefinition',
    ])
      assert.ok(uses(name, TALKS), name);
  });
});
