/**
 * Node's HTTP modules. `import` would read each of their exports, and reading `WebSocket` loads undici,
 * another HTTP client: 4 MB of memory for nothing.
 */
import process from 'node:process';

export const http = process.getBuiltinModule('node:http');
export const https = process.getBuiltinModule('node:https');
