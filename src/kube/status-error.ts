/** Refusals of the API server as errors of ours. Pure. */
import { PinfoldError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { HttpRequest, HttpResponse } from './http.js';
import { fieldsOf, isFields } from './kube-object.js';
import type { Fields } from './kube-object.js';

/** The parts of a `Status` of the API machinery that are used. */
interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly details: Fields;
  readonly causes: readonly Fields[];
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const statusFrom = (value: unknown): Status => {
  const fields = fieldsOf(value);
  const details = fieldsOf(fields.details);
  const message = text(fields.message);
  const reason = text(fields.reason);
  return {
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    details,
    causes: Array.isArray(details.causes) ? details.causes.filter(isFields) : [],
  };
};

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    // Proxies in between answer in prose: its beginning is the message.
    return { message: body.slice(0, 200) };
  }
};

/** A list or watch from a version that this server never had: after etcd was restored. */
const isFromTheFuture = ({ causes }: Status): boolean =>
  causes.some(({ reason }) => reason === 'ResourceVersionTooLarge');

/** Server-side apply of a field that the schema lacks, as between versions, is answered with 500. */
const isUnknownField = ({ message }: Status): boolean =>
  message?.startsWith('failed to create typed patch object') === true;

const codeOf = (httpStatus: number, status: Status): ErrorCode => {
  if (isFromTheFuture(status)) return 'KubeExpired';
  if (isUnknownField(status)) return 'KubeInvalid';
  switch (httpStatus) {
    case 400:
    case 413:
    case 415:
    case 422:
      return 'KubeInvalid';
    case 401:
      return 'KubeUnauthorized';
    case 403:
      return 'KubeForbidden';
    case 404:
      return 'KubeNotFound';
    case 409:
      return 'KubeConflict';
    case 410:
      return 'KubeExpired';
    case 429:
      return 'KubeTooManyRequests';
    case 504:
      return 'KubeTimeout';
    default:
      return 'KubeServerFailed';
  }
};

const problemOf = ({ message, reason, causes }: Status): string => {
  const listed = causes
    .map((cause) => [text(cause.field), text(cause.message)].filter(Boolean).join(': '))
    .filter((line) => line !== '' && message?.includes(line) !== true);
  return [message ?? reason ?? 'no reason given', ...listed].join('\n  ');
};

const retryAfterOf = ({ details }: Status): number | undefined =>
  typeof details.retryAfterSeconds === 'number' && details.retryAfterSeconds > 0
    ? details.retryAfterSeconds * 1000
    : undefined;

export interface Asked extends Pick<HttpRequest, 'verb' | 'resource'> {
  /** Host and port. */
  readonly server: string;
}

/** `status`: what the answer says of itself, as JSON. */
const errorFrom = (
  { server, verb, resource }: Asked,
  httpStatus: number,
  value: unknown,
  headerMs?: number,
): PinfoldError => {
  const status = statusFrom(value);
  const retryAfterMs = headerMs ?? retryAfterOf(status);
  return new PinfoldError(codeOf(httpStatus, status), {
    server,
    verb,
    resource,
    status: httpStatus,
    problem: problemOf(status),
    reason: status.reason,
    retryAfterMs,
  });
};

/** The error that an answer with a status of 300 or more stands for. */
export const refusalOf = (asked: Asked, response: HttpResponse): PinfoldError =>
  errorFrom(asked, response.status, parsed(response.body), response.retryAfterMs);

/** The error that a `Status` inside a watch stands for. */
export const statusError = (asked: Asked, status: unknown): PinfoldError => {
  const { code } = fieldsOf(status);
  return errorFrom(asked, typeof code === 'number' ? code : 500, status);
};

/** ms that the server wants to be left alone, of any error. */
export const retryAfterMsOf = (error: unknown): number | undefined => {
  const value = error instanceof PinfoldError ? error.fields.retryAfterMs : undefined;
  return typeof value === 'number' ? value : undefined;
};

/** Whether an error is one of those. */
export const hasCode = (error: unknown, ...codes: readonly ErrorCode[]): error is PinfoldError =>
  error instanceof PinfoldError && codes.includes(error.code);
