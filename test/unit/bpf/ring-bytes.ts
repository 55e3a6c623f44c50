/** Events as the kernel programs write them into the ring. */
import { EVENT, EVENT_VERSION, LAYOUT, PATH_FLAG, SIZES } from '../../../src/bpf/layout.js';

/** As the addon leaves it: each padded to 8. */
export const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);

export const eventOf = (type: number, size: number, data: Buffer = Buffer.alloc(0)): Buffer => {
  const bytes = Buffer.concat([Buffer.alloc(size), data]);
  bytes[LAYOUT.pf_event.version] = EVENT_VERSION;
  bytes[LAYOUT.pf_event.type] = type;
  bytes.writeUInt16LE(bytes.length, LAYOUT.pf_event.size);
  return bytes;
};

/** Describes the path whose bytes are `walked` and `argument`: components last first, each ended by NUL. */
export const describePath = (
  bytes: Buffer,
  at: number,
  walked: Buffer,
  flags = 0,
  argument?: Buffer,
): void => {
  bytes.writeUInt32LE(
    PATH_FLAG.present |
      PATH_FLAG.walked |
      flags |
      (argument === undefined ? 0 : PATH_FLAG.argument),
    at + LAYOUT.pf_path.flags,
  );
  bytes.writeUInt16LE(walked.length, at + LAYOUT.pf_path.walked);
  bytes.writeUInt16LE(argument?.length ?? 0, at + LAYOUT.pf_path.argument);
};

export const fileEventOf = (
  access: number,
  walked: Buffer,
  flags = 0,
  argument?: Buffer,
): Buffer => {
  const data = Buffer.concat([walked, argument ?? Buffer.alloc(0)]);
  const bytes = eventOf(EVENT.file, SIZES.pf_file_event, data);
  bytes.writeUInt32LE(access, LAYOUT.pf_file_event.access);
  describePath(bytes, LAYOUT.pf_file_event.path, walked, flags, argument);
  return bytes;
};
