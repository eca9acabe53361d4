/** Loaded into each service by the launcher: one that is killed cannot stop its services, so they stop themselves. */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
