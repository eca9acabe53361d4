/** Printed last, so that nobody takes silence for success. */
export function teardown() {
  process.stdout.write(
    '\nNOT RUN: the tests in the browser (tests/e2e), since there is no Chromium on the PATH. ' +
      'On Debian: apt-get install chromium\n',
  );
}
