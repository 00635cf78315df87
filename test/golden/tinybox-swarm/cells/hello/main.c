void cell_main(void) {}
