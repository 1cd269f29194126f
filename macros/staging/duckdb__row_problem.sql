{#- Documented in macros/staging/_staging__macros.yml -#}

{% macro duckdb__row_problem(cells, has_quotes, n_cells) -%}
    case
        when {{ has_quotes }} and len(list_filter(
            {{ cells }},
            lambda cell: cell like '"%'
            and not regexp_full_match(cell, '"([^"]|"")*"')
        )) > 0
            then 'a quote is not closed on its line'
        when len({{ cells }}) < {{ n_cells }}
            then 'has ' || len({{ cells }}) || ' of {{ n_cells }} cells'
        when len({{ cells }}) > {{ n_cells }}
            and trim(array_to_string({{ cells }}[{{ n_cells + 1 }}:], '')) <> ''
            then 'has ' || len({{ cells }}) || ' cells, the header {{ n_cells }}'
    end
{%- endmacro %}
