{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro raw_source(source_name, table_name) -%}
    {%- set found = [] -%}
    {%- for node in graph.sources.values()
        if node.source_name == source_name and node.name == table_name -%}
        {%- do found.append(node) -%}
    {%- endfor -%}
    {%- set meta = found[0].config.meta -%}
    {%- set columns = [] -%}
    {%- for header, column in found[0].columns.items() -%}
        {%- set column_meta = column.config.meta -%}
        {%- do columns.append({
            'header': header,
            'name': column_meta.get('as', header),
            'type': column.data_type,
            'is_optional': column_meta.get('is_optional', false),
            'is_nullable': column_meta.get('is_nullable', false),
            'if_bad': column_meta.get('if_bad', 'row'),
            'at_least': column_meta.get('at_least'),
            'above': column_meta.get('above'),
            'below': column_meta.get('below'),
            'not_before': column_meta.get('not_before'),
            'follows': column_meta.get('follows'),
            'is_open_ended': column_meta.get('is_open_ended', false),
            'may_lie_ahead': column_meta.get('may_lie_ahead', false),
            'if_implausible': column_meta.get('if_implausible'),
        }) -%}
    {%- endfor -%}
    {{- return({
        'stem': meta.get('file', table_name),
        'is_optional': meta.get('is_optional', false),
        'key': meta.get('key', []),
        'columns': columns,
    }) -}}
{%- endmacro %}
