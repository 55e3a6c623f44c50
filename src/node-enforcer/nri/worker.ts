/**
 * The plugin's thread: owns the socket and the admission, and answers the runtime whatever the main thread does.
 * Nothing here waits for the main thread without a deadline, and nothing is logged here (stdout and stderr of a
 * thread pass through the main one): what is to be known goes as an event.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PinfoldError } from '../../errors.js';
import type { AdmissionModule } from './admission.js';
import { AdmissionDesk } from './desk.js';
import type { FromWorker, NriEvent, ToWorker, WorkerSetup } from './events.js';
import { NriLink } from './link.js';
import { Questions } from './questions.js';
import { warmUp } from './warm-up.js';

const port = parentPort;
if (port === null)
  throw new PinfoldError('Internal', { problem: 'worker.ts runs only as a thread of NriPlugin' });

const post = (message: FromWorker): void => {
  port.postMessage(message);
};

const emit = (event: NriEvent): void => {
  post({ kind: 'Event', event });
};

const setup = workerData as WorkerSetup;

const questions = new Questions((id, question) => {
  post({ kind: 'Question', id, question });
});

const { createAdmission } = (await import(setup.admissionModule)) as AdmissionModule;
const admission = await createAdmission({
  options: setup.admissionOptions,
  emit: (event) => {
    emit({ kind: 'Admission', event });
  },
  ask: (question, deadlineMs) => questions.ask(question, deadlineMs),
});
admission.update(setup.state);
await warmUp();

const link = new NriLink(setup, new AdmissionDesk(admission, setup.cgroupRoot, emit), emit);

const take = (message: ToWorker): void => {
  switch (message.kind) {
    case 'Update':
      admission.update(message.state);
      return;
    case 'Answer':
      questions.answer(message.id, message.answer);
      return;
    case 'NoAnswer':
      questions.fail(message.id, message.problem);
      return;
    case 'Stop':
      void link.stop().then(() => {
        admission.close();
        port.close();
      });
  }
};

port.on('message', take);
link.start();
