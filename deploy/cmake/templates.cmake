# lyc_template: runtime; the pages compiled from templates/ are added by the template compiler.
lyceum_folder(template lyc_base)
