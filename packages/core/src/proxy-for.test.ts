import { expect, test } from 'vitest';
import { proxyFor } from './proxy-for.ts';

const proxy = 'http://proxy:3128';

test.each([
  ['https://api.example:6443', { HTTPS_PROXY: proxy }, proxy],
  ['https://api.example:6443', { https_proxy: proxy }, proxy],
  ['https://api.example:6443', { HTTPS_PROXY: proxy, https_proxy: 'http://other' }, proxy],
  ['https://api.example:6443', { HTTPS_PROXY: 'proxy:3128' }, proxy],
  ['https://api.example:6443', { HTTPS_PROXY: 'socks5://proxy:1080' }, 'socks5://proxy:1080'],
  ['https://api.example:6443', { HTTP_PROXY: proxy }, undefined],
  ['http://api.example:8080', { HTTP_PROXY: proxy }, proxy],
  ['https://api.example:6443', { HTTPS_PROXY: '' }, undefined],
  ['https://localhost:6443', { HTTPS_PROXY: proxy }, undefined],
  ['https://127.3.0.1:6443', { HTTPS_PROXY: proxy }, undefined],
  ['https://[::1]:6443', { HTTPS_PROXY: proxy }, undefined],
])('%s with %o goes through %s', (server, env, expected) => {
  expect(proxyFor(new URL(server), env)).toBe(expected);
});

test.each([
  ['*', 'https://api.example'],
  ['example', 'https://api.example'],
  ['.example', 'https://api.example'],
  ['*.example', 'https://api.example'],
  ['API.Example', 'https://api.example'],
  [' other , api.example ', 'https://api.example'],
  ['api.example:443', 'https://api.example'],
  ['api.example:6443', 'https://api.example:6443'],
  ['10.0.0.0/8', 'https://10.1.2.3:6443'],
  ['10.1.2.3', 'https://10.1.2.3:6443'],
  ['10.1.2.3:6443', 'https://10.1.2.3:6443'],
  ['fd00::/8', 'https://[fd00::1]:6443'],
  ['fd00::1', 'https://[fd00::1]:6443'],
  ['[fd00::1]:6443', 'https://[fd00::1]:6443'],
])('NO_PROXY=%s lets %s go directly', (noProxy, server) => {
  expect(proxyFor(new URL(server), { HTTPS_PROXY: proxy, NO_PROXY: noProxy })).toBeUndefined();
});

test.each([
  ['', 'https://api.example'],
  ['ample', 'https://api.example'],
  ['.api.example', 'https://api.example'],
  ['api.example:6443', 'https://api.example'],
  ['10.0.0.0/8', 'https://11.1.2.3'],
  ['10.0.0.0/8', 'https://10.example'],
  ['10.0.0.0/99', 'https://10.1.2.3'],
  ['nonsense/8', 'https://10.1.2.3'],
  ['10.1.2', 'https://10.1.2.3'],
  ['fd00::/8', 'https://10.1.2.3'],
])('NO_PROXY=%s does not cover %s', (noProxy, server) => {
  expect(proxyFor(new URL(server), { HTTPS_PROXY: proxy, NO_PROXY: noProxy })).toBe(proxy);
});
