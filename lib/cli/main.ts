#!/usr/bin/env node
/** The `usernet` command. */
import { demo } from './demo';

const HELP = `usernet: Node's net, with the TCP inside your process

  usernet demo            an echo server meets a client; prints every segment, with both states
  usernet demo --serve    …and goes on serving
  usernet help            this text
`;

async function main(args: readonly string[]): Promise<void> {
  const [command = 'help', ...rest] = args;
  if (command === 'demo') {
    await demo(console.log, rest.includes('--serve') || process.stdout.isTTY === true);
  } else if (command === 'help' || command === '--help') {
    process.stdout.write(HELP);
  } else {
    process.stderr.write(`usernet: no command '${command}'\n\n${HELP}`);
    process.exitCode = 2;
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`usernet: ${error.message}\n`);
  process.exitCode = 1;
});
