#!/usr/bin/env node
import { createTokenProgram } from './program.ts'

process.exitCode = await createTokenProgram({
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (text) => void process.stderr.write(text),
  env: process.env,
  nowMs: Date.now
}).run(process.argv.slice(2))
