/** Loaded into each service by the launcher: where that is gone without a word, nobody else would end the service. */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
