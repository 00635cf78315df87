// Who runs when: the kernel's own work, then cells by turns, else the machine sleeps.
#pragma once

_Noreturn void scheduler_run(void);
