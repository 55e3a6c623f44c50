/** A kernel without `bpf` among its security modules. */
import assert from 'node:assert/strict';
import { lsmAbility } from '../../../src/bpf/lsm-ability.js';
import { TracingSession } from '../../../src/bpf/session.js';
import { PinfoldError } from '../../../src/errors.js';
import type { Case } from './cases.js';

export const ladderCases: readonly Case[] = [
  {
    name: 'without bpf in the list the reason is given, and everything else works',
    run: () => {
      assert.equal(lsmAbility()?.code, 'NotInLsmList');
      const session = TracingSession.open();
      assert.equal(session.lsm, false);
      assert.equal(session.lsmShortfall?.code, 'NotInLsmList');
      session.close();
      assert.throws(
        () => TracingSession.open({ lsm: true }),
        (error) => error instanceof PinfoldError && error.code === 'LsmUnavailable',
      );
    },
  },
];
