/** The formats of strings and numbers that the schemas of the CRDs name. */
import { isCidr } from './cidr.js';

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;

const daysIn = (year: number, month: number): number =>
  new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();

/** Only the last second of a day in UTC can be followed by a leap second. */
const isLastMinute = (hour: number, minute: number, offset: number): boolean =>
  (hour * 60 + minute - offset + 2880) % 1440 === 1439;

/** RFC 3339, section 5.6. */
const isDateTime = (text: string): boolean => {
  const found = DATE_TIME.exec(text);
  if (found === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map(Number);
  const [, , , , , , , sign, offsetHour = '0', offsetMinute = '0'] = found;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return false;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1);
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    (second <= 59 || (second === 60 && isLastMinute(hour, minute, offset)))
  );
};

const INT32 = 2 ** 31;

type Format = (value: unknown) => boolean;

const text =
  (isValid: (text: string) => boolean): Format =>
  (value) =>
    typeof value !== 'string' || isValid(value);

/** By name. A value of another type than the format is for has it. */
export const FORMATS: Readonly<Record<string, Format>> = {
  cidr: text(isCidr),
  'date-time': text(isDateTime),
  int32: (value) =>
    typeof value !== 'number' || (Number.isInteger(value) && value >= -INT32 && value < INT32),
  int64: (value) => typeof value !== 'number' || Number.isInteger(value),
};
