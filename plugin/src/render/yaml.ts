/** Import it when it is needed: the library behind it takes its time to start. */
export { renderYaml } from '@infrabackup/core';
