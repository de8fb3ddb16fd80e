import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * The proxy for a server by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as Go programs such as kubectl read them; undefined
 * goes there directly. Lower-case names count where the others are unset.
 *
 * Node's own `proxyEnv` does not know the CIDR ranges that stand in most NO_PROXY lists around clusters.
 *
 * Source: https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function proxyFor(server: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const read = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const proxy = read(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === undefined || goesDirectly(server, read('NO_PROXY') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function goesDirectly(server: URL, noProxy: string): boolean {
  const host = server.hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '');
  const port = server.port || (server.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || contains(loopback, host)) return true;
  return noProxy
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .some((rule) => rule !== '' && covers(rule, host, port));
}

function covers(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) {
    const [address = '', bits = ''] = rule.split('/');
    if (isIP(address) === 0 || !/^\d{1,3}$/.test(bits)) return false;
    const range = new BlockList();
    try {
      range.addSubnet(address, Number(bits), family(address));
    } catch {
      return false;
    }
    return contains(range, host);
  }
  if (isIPv6(rule)) return sameAddress(rule, host);
  const { name, port: rulePort } = /^(?<name>\[.*\]|[^:]*)(?::(?<port>\d+))?$/.exec(rule)?.groups ?? {};
  if (name === undefined || name === '' || (rulePort !== undefined && rulePort !== port)) return false;
  const bare = name.replace(/^\[|\]$/g, '').replace(/^\*\./, '.');
  if (isIP(bare) !== 0) return sameAddress(bare, host);
  // ".example.com" covers names below it only, "example.com" itself as well.
  return bare.startsWith('.') ? host.endsWith(bare) : host === bare || host.endsWith(`.${bare}`);
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function sameAddress(address: string, host: string): boolean {
  const one = new BlockList();
  one.addAddress(address, family(address));
  return contains(one, host);
}

function contains(addresses: BlockList, host: string): boolean {
  return isIP(host) !== 0 && addresses.check(host, family(host));
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
