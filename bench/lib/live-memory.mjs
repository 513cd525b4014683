/** What a server holds once everything that nobody needs any more was collected: by each runtime's own means. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { host } from '../../scripts/golden/launch.mjs';

const run = promisify(execFile);

/** Bytes of live objects of a Java process. @param {number} pid */
export async function javaLiveBytes(pid) {
  await run('jcmd', [String(pid), 'GC.run']);
  const { stdout } = await run('jstat', ['-gc', String(pid)]);
  const [names = [], values = []] = stdout.trim().split('\n').map((line) => line.trim().split(/\s+/));
  const usedKib = ['S0U', 'S1U', 'EU', 'OU'].map((name) => Number(values[names.indexOf(name)]) || 0);
  return usedKib.reduce((sum, kib) => sum + kib, 0) * 1024;
}

/** Bytes of live objects and buffers of a Node process started with `--inspect`. @param {number} port its inspector's */
export async function nodeLiveBytes(port) {
  const [target] = /** @type {{ webSocketDebuggerUrl: string }[]} */ (await (await fetch(`http://${host}:${port}/json/list`)).json());
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let calls = 0;
  /** @param {string} method @param {object} [params] */
  const call = (method, params = {}) => new Promise((resolve) => {
    const id = ++calls;
    /** @param {import('ws').RawData} data */
    const take = (data) => {
      const message = JSON.parse(String(data));
      if (message.id !== id) return;
      socket.off('message', take);
      resolve(message.result);
    };
    socket.on('message', take);
    socket.send(JSON.stringify({ id, method, params }));
  });
  await call('HeapProfiler.collectGarbage');
  const { result } = /** @type {{ result: { value: number } }} */ (
    await call('Runtime.evaluate', { expression: 'process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers', returnByValue: true })
  );
  socket.close();
  return result.value;
}
