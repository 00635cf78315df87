// The end: a text that stands in one place of the source alone, then the machine is shut down.
#pragma once

_Noreturn void panic(const char *text);
